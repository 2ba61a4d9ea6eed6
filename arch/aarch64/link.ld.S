/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image: code, constants with the archive of VM files, data, stacks. Every boundary at which
 * rights change is page aligned. What follows .data is not in the flat binary.
 */
OUTPUT_ARCH(aarch64)

/*
 * What runs once or seldom is folded: linked to a place behind the flat binary, which carries it
 * packed (docs/adr/0023). '?' stands for the slash.
 */
#define FOLDED *obj?lib?*.o *obj?core?*.o *obj?vdev?*.o *obj?drivers?*.o *obj?main?*.o *parts?*.o
ENTRY(image_head)

SECTIONS
{
	. = 0x0000400000000000;
	image_start = .;
	.text : {
		*(.head)
		*(.text.boot)
		*(EXCLUDE_FILE(FOLDED) .text EXCLUDE_FILE(FOLDED) .text.*)
	}
	. = ALIGN(4096);
	image_text_end = .;
	.rodata : {
		*(EXCLUDE_FILE(FOLDED) .rodata EXCLUDE_FILE(FOLDED) .rodata.*)
	}
	.archive : {
		image_archive_start = .;
		KEEP(*(.archive))
		image_archive_end = .;
	}
	.ksyms : {
		KEEP(*(.ksyms))
	}
	.packed : {
		image_packed_start = .;
		KEEP(*(.packed))
		image_packed_end = .;
	}
	.folds : {
		image_folds_start = .;
		KEEP(*(.folds))
		image_folds_end = .;
	}
	. = ALIGN(4096);
	image_rodata_end = .;
	.data : {
		*(.data .data.*)
		. = ALIGN(16);
	}
	image_data_end = .; /* and of the flat binary */
	/* Not in the flat binary: what is in .folds is put here before C begins. */
	. = ALIGN(4096);
	image_folded_start = .;
	.folded_text : {
		*(.text .text.*)
	}
	. = ALIGN(4096);
	image_folded_text_end = .;
	.folded_rodata : {
		*(.rodata .rodata.*)
	}
	image_folded_end = .;
	. += 16; /* UNFOLD_SLACK */
	. = ALIGN(4096);
	image_rest_start = .;
	/* Nor this: what is in .packed is put here at the first use (base/cold.h). */
	.texts : {
		image_texts_start = .;
		*(.texts .texts.*)
		image_texts_end = .;
	}
	/* Large things that need not be zero: nobody clears them. */
	.noinit (NOLOAD) : {
		*(.bss.noinit)
	}
	/* Page tables of our own that are there from the beginning. */
	.tables (NOLOAD) : {
		. = ALIGN(4096);
		image_tables_start = .;
		*(.bss.tables)
		image_tables_end = .;
	}
	.bss (NOLOAD) : {
		. = ALIGN(64);
		image_bss_start = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(64);
		image_bss_end = .;
	}
	. = ALIGN(4096);
	image_stacks_start = .;
	.stacks (NOLOAD) : {
		*(.stacks)
	}
	image_stacks_end = .;
	.early (NOLOAD) : {
		*(.early)
	}
	. = ALIGN(4096);
	image_end = .;
	image_mem_size = image_end - image_start;

	/DISCARD/ : {
		*(.comment .note .note.* .eh_frame .eh_frame_hdr .ARM.attributes)
	}
}

ASSERT(image_mem_size <= 0x40000000, "the early tables map 1 GiB of image")
