/* What the sentences about problems are made of: kinds, values, rules and the nearest name. Never decides anything but
 * the words. */
#ifndef WA_LSAY_H
#define WA_LSAY_H

#include "compile.h"
#include "errors.h"
#include "terms.h"

/* by wa_kind, with an article: what stands behind "must be" */
WA_DATA const char *const wa_kind_names[WA_REMOVED + 1];

/* "a string of 1 to 20 characters", "the list of ..." */
WA_FUNC void wa_say_kind(wa_report *report, const wa_problem *problem, const wa_field *field);

/* must be "a" or "b"; returns the only value, or the list of them, as a detail */
WA_FUNC wa_detail wa_say_values(wa_report *report, const wa_problem *problem, const char *const *values);
WA_FUNC void wa_say_choices(wa_report *report, const wa_problem *problem, const wa_variant *variants);

/* the rule was broken; `first`: the first of its names is present */
WA_FUNC void wa_say_rule(wa_report *report, const wa_problem *problem, const wa_rule *rule, bool first);

/* the name does not belong into the shape (NULL: it is not known which): where it would, or what it was to be */
WA_FUNC void wa_say_foreign(wa_report *report, const wa_problem *problem, const wa_node *node, const wa_shape *shape,
    const char *name, size_t length, bool known);

/* whether any object of the schema has a field of this name */
WA_FUNC bool wa_is_known(const char *name, size_t length);

#endif
