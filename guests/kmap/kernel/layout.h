/* The map of the linear address space, for C, assembly and nobody else: see README.md for the drawing. */
#pragma once

#define PAGE_SHIFT 12
#define LARGE_SHIFT 21
#define LARGE_SIZE 0x200000

#define KERNEL_BASE 0xc0000000
#define KERNEL_LOAD 0x00100000

/* The kmap window: 512 slots are the reach of exactly one PAE page table. */
#define PKMAP_BASE 0xff800000
#define PKMAP_SLOTS 512

/* kmap_atomic slots grow down from here, in a page table of their own. The last page stays empty: it catches -1. */
#define FIXMAP_BASE 0xffe00000
#define FIXMAP_TOP 0xfffff000
#define ATOMIC_SLOTS 16

#define USER_BASE 0x08048000
#define MMAP_BASE 0x40000000
#define STACK_PAGES 16
#define STACK_TOP 0xbffff000

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_CODE 0x1b
#define USER_DATA 0x23
#define TASK_STATE 0x28

#define IRQ_BASE 0x20
