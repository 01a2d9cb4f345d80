/* The map of the linear address space, for C and assembly: README.md draws it. */
#pragma once

#define PAGE_SHIFT 12
#define PAGE_SIZE 0x1000
#define LARGE_SHIFT 21
#define LARGE_SIZE 0x200000

/* The first 16 MiB of memory are seen from here on, through 2 MiB pages. */
#define KERNEL_BASE 0xc0000000
#define KERNEL_LARGE_PAGES 8

/* 16 slots whose entries are global, and one place in the same table for an entry that is not. */
#define KMAP_BASE 0xff800000
#define KMAP_SLOTS 16
#define LOCAL_ADDRESS 0xff810000

/* A process: its program, its pages, the place where the program faults, second addresses of pages. */
#define PROGRAM_ADDRESS 0x08048000
#define PAGES_BASE 0x08050000
#define FAULT_ADDRESS 0x08100000
#define ALIAS_BASE 0x10000000

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_CODE 0x1b
#define USER_DATA 0x23
#define TASK_STATE 0x28

#define IRQ_BASE 0x20
#define CALL_VECTOR 0x80
