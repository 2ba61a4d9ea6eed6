/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qvmconf.def as tables. Texts are two objects, so that rows hold offsets and not pointers; what only
 * messages show stands with the cold ones, and what only the reference tells is not carried along.
 */
#include "qvmconf_priv.h"

#define DOES_DONE(text)	 ""
#define DOES_QUIET(text) ""
#define DOES_TOLD(text)	 text

/* Names, which are compared. */
static const struct texts {
#define QVM_OPTION(id, context, args, effect, name, ...)    char o_##id[sizeof(name)];
#define QVM_VDEV_OPTION(id, vdevs, args, effect, name, ...) char o_##id[sizeof(name)];
#define QVM_LATER_OPTION(id, vdevs, args, name, ...)	    char o_##id[sizeof(name)];
#define QVM_SET(id, contexts, type, effect, name, ...)	    char s_##id[sizeof(name)];
#define QVM_VDEV(id, isa, needs, name, class, ...)	    char v_##id[sizeof(name)], c_##id[sizeof(class)];
#define QVM_LATER_VDEV(id, isa, needs, name, ...)	    char v_##id[sizeof(name)];
#include "qvmconf.def"
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV
} texts = {
#define QVM_OPTION(id, context, args, effect, name, ...)    name,
#define QVM_VDEV_OPTION(id, vdevs, args, effect, name, ...) name,
#define QVM_LATER_OPTION(id, vdevs, args, name, ...)	    name,
#define QVM_SET(id, contexts, type, effect, name, ...)	    name,
#define QVM_VDEV(id, isa, needs, name, class, ...)	    name, class,
#define QVM_LATER_VDEV(id, isa, needs, name, ...)	    name,
#include "qvmconf.def"
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV
};

#define QVM_LATER_OPTION(id, ...)
#define QVM_VDEV(id, ...)
#define QVM_LATER_VDEV(id, ...)

/* Examples, and what we do instead: cold. */
struct advice {
	char none[1];
#define QVM_OPTION(id, context, args, effect, name, form, meaning, does) \
	char f_##id[sizeof(form)], d_##id[sizeof(DOES_##effect(does))];
#define QVM_VDEV_OPTION(id, vdevs, args, effect, name, form, meaning, does) \
	char f_##id[sizeof(form)], d_##id[sizeof(DOES_##effect(does))];
#define QVM_SET(id, contexts, type, effect, name, meaning, does) \
	char e_##id[sizeof(DOES_##effect(does))];
#include "qvmconf.def"
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_SET
};

static const struct advice advice __attribute__((section(".texts.qvmconf"))) = {
	"",
#define QVM_OPTION(id, context, args, effect, name, form, meaning, does) form, DOES_##effect(does),
#define QVM_VDEV_OPTION(id, vdevs, args, effect, name, form, meaning, does) \
	form, DOES_##effect(does),
#define QVM_SET(id, contexts, type, effect, name, meaning, does) DOES_##effect(does),
#include "qvmconf.def"
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV
};

#define AT(member)     (u16) offsetof(struct texts, member)
#define ADVICE(member) (u16) offsetof(struct advice, member)

/* Names of devices, as the rows write them. */
enum {
	ALL = -1,
#define QVM_OPTION(id, ...)
#define QVM_VDEV_OPTION(id, ...)
#define QVM_LATER_OPTION(id, ...)
#define QVM_SET(id, ...)
#define QVM_VDEV(id, ...)	id = 1 << QVM_V_##id,
#define QVM_LATER_VDEV(id, ...) id = 1 << QVM_V_##id,
#include "qvmconf.def"
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_VDEV
#undef QVM_LATER_VDEV
};

static_assert(QVM_VDEVS < 31, "a device has a bit");

#define QVM_VDEV(id, ...)
#define QVM_LATER_VDEV(id, ...)
#define ROW(id, context, args, effect, form, does, vdevs) \
	{ AT(o_##id), form, does, QVM_##context, QVM_##args, QVM_##effect, (u32)(vdevs) },
const struct qvm_option qvm_options[QVM_OPTIONS] = {
#define QVM_OPTION(id, context, args, effect, ...) \
	ROW(id, context, args, effect, ADVICE(f_##id), ADVICE(d_##id), 0)
#define QVM_VDEV_OPTION(id, vdevs, args, effect, ...) \
	ROW(id, VDEV, args, effect, ADVICE(f_##id), ADVICE(d_##id), vdevs)
#define QVM_LATER_OPTION(id, vdevs, args, ...) ROW(id, VDEV, args, DONE, 0, 0, vdevs)
#include "qvmconf.def"
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_VDEV
#undef QVM_LATER_VDEV
};

#define QVM_OPTION(id, ...)
#define QVM_VDEV_OPTION(id, ...)
#define QVM_LATER_OPTION(id, ...)
const struct qvm_vdev qvm_vdevs[QVM_VDEVS] = {
#define QVM_VDEV(id, isa, needs, ...)	    { AT(v_##id), AT(c_##id), QVM_##isa, QVM_##needs },
#define QVM_LATER_VDEV(id, isa, needs, ...) { AT(v_##id), AT(v_##id), QVM_##isa, QVM_##needs },
#include "qvmconf.def"
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV
};

#define QVM_VDEV(id, ...)
#define QVM_LATER_VDEV(id, ...)
/* Names of contexts, as the rows write them. */
enum {
	G = 1 << QVM_G,
	CPU = 1 << QVM_CPU,
	VDEV = 1 << QVM_VDEV,
};
const struct qvm_set qvm_sets[QVM_SETS] = {
#define QVM_SET(id, contexts, type, effect, ...) \
	{ AT(s_##id), ADVICE(e_##id), contexts, QVM_##type, QVM_##effect },
#include "qvmconf.def"
};

const char *qvm_text(u16 offset)
{
	return (const char *)&texts + offset;
}

const char *qvm_advice(u16 offset)
{
	return (const char *)&advice + offset;
}

bool qvmconf_variable(u32 i, const char **name, const char **type)
{
	static const char *const types[] = {
		[QVM_BOOL] = "boolean",	   [QVM_TRISTATE] = "tristate", [QVM_NUMBER] = "number",
		[QVM_ADDRESS] = "address", [QVM_STRING] = "string",
	};

	if (i >= QVM_SETS)
		return false;
	*name = qvm_text(qvm_sets[i].name);
	*type = types[qvm_sets[i].type];
	return true;
}
