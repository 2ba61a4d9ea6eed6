/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device classes are linked for what they say of themselves. No device is ever made here, so
 * what one would ask of the core ends the program.
 */
#include <stdlib.h>

#include <port/vdev.h>
#include <port/vintc.h>

enum status vdev_map_mmio(struct vdev *d, u32 index, const struct vdev_window_ops *ops)
{
	(void)d;
	(void)index;
	(void)ops;
	abort();
}

void vdev_irq_set(struct vdev *d, u32 index, bool level)
{
	(void)d;
	(void)index;
	(void)level;
	abort();
}

enum status vdev_char_open(struct vdev *d)
{
	(void)d;
	abort();
}

void vdev_char_write(struct vdev *d, u8 c)
{
	(void)d;
	(void)c;
	abort();
}

bool vdev_char_read(struct vdev *d, u8 *c)
{
	(void)d;
	(void)c;
	abort();
}

void vdev_log(struct vdev *d, const char *format, ...)
{
	(void)d;
	(void)format;
	abort();
}

void vdev_no_input(struct vdev *d)
{
	(void)d;
	abort();
}

u64 opt_u64(const struct vd_dev *desc, const char *key, u64 fallback)
{
	(void)desc;
	(void)key;
	(void)fallback;
	abort();
}

void vintc_notify(struct vdev *d, u32 vcpu)
{
	(void)d;
	(void)vcpu;
	abort();
}

void vintc_collect(struct vdev *d, u32 vcpu)
{
	(void)d;
	(void)vcpu;
	abort();
}

void vintc_host_line(struct vdev *d, u32 hw_irq, enum vintc_switch on, u32 vcpu)
{
	(void)d;
	(void)hw_irq;
	(void)on;
	(void)vcpu;
	abort();
}

void vintc_host_end(struct vdev *d, u32 hw_irq)
{
	(void)d;
	(void)hw_irq;
	abort();
}

bool vintc_end_hw(struct vdev *d, u32 vcpu, u32 irq)
{
	(void)d;
	(void)vcpu;
	(void)irq;
	abort();
}

u32 vintc_current(struct vdev *d)
{
	(void)d;
	abort();
}

enum status vintc_map_cpu_interface(struct vdev *d, u32 index)
{
	(void)d;
	(void)index;
	abort();
}
