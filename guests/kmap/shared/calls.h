/* The system calls: number in EAX, arguments in EBX, ECX, EDX, ESI, answer in EAX. Ring 3 enters by INT 0x80. */
#pragma once

#define CALL_VECTOR 0x80

#define CALL_EXIT 0      /* (code, value): ends the process */
#define CALL_WRITE 1     /* (text, length): console */
#define CALL_FORK 2      /* (): child's pid, 0 in the child, FAILED */
#define CALL_WAIT 3      /* (pid, struct ending *): blocks until that child has ended */
#define CALL_YIELD 4     /* () */
#define CALL_SLEEP 5     /* (ticks) */
#define CALL_GETPID 6    /* () */
#define CALL_MMAP 7      /* (file, first page, pages, flags): address, FAILED */
#define CALL_MUNMAP 8    /* (address of a whole mapping) */
#define CALL_READ 9      /* (file, offset, buffer, length): within one page of the file */
#define CALL_PUT 10      /* (file, offset, buffer, length): the same, the other way */
#define CALL_COPY 11     /* (to, from): one page of this process to another, kmap to kmap_atomic */
#define CALL_CHECKSUM 12 /* (page address): what the kernel sees there through kmap, as page_sum() */
#define CALL_OPTIONS 13  /* (buffer, length): the kernel's command line */
#define CALL_HAS_NX 14   /* (): may a page be mapped no-execute? */
#define CALLS 15

#define FAILED 0xffffffffu

/* How a process ended: EXITED with its own code and value, or KILLED by a fault (vector and address). */
#define KILLED 0x100u
struct ending {
	unsigned code, value;
};

/* Files. DATA is larger than the kmap window, so that reading it makes the window wrap. */
#define FILE_NONE 0u    /* mmap: anonymous, demand-zero */
#define FILE_PROGRAM 1u /* the user program itself */
#define FILE_DATA 2u
#define FILE_SCRATCH 3u /* the one that is written to */
#define FILES 4

#define DATA_PAGES 768u
#define SCRATCH_PAGES 144u

#define MAP_WRITE 1u
#define MAP_SHARED 2u /* stores reach the file; otherwise copy-on-write */
#define MAP_EXECUTE 4u

#define MAX_PROCS 16u
