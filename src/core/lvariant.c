/* Which shape an object has: finds the variant, by the value of a field or by a member that is there. */
#include "lparts.h"

static const wa_choice *chosen_by_value(const wa_shape *shape, const wa_value *v)
{
    const wa_choice *end = shape->choices + shape->choice_count;
    uint8_t choice = v->known == WA_NO_KNOWN ? WA_NO_CHOICE : shape->choice_of[v->known];
    if (choice != WA_NO_CHOICE) return &shape->choices[choice];
    for (const wa_choice *c = shape->choices; c < end; c++) {
        if (wa_same_word(v->as.text, v->length, c->value)) return c;
    }
    return NULL;
}

static const wa_choice *chosen_by_presence(const wa_subject *o, const wa_shape *shape)
{
    for (uint8_t i = 0; i < shape->choice_count; i++) {
        if (wa_has(o, shape->choices[i].word)) return &shape->choices[i];
    }
    return NULL;
}

static void report_choice(wa_walk *w, const wa_subject *o, const wa_value *v)
{
    wa_frame member = {.up = w->frame, .name = o->shape->object->by, .length = strlen(o->shape->object->by)};
    bool open = v != NULL && o->shape->object->open;
    wa_problem p = wa_breach_at(w, v == NULL ? WA_BREACH_REQUIRED : WA_BREACH_ENUM, open, &member);
    wa_say(&w->report, &p, v == NULL ? "missing: " : "must be ");
    wa_say_choices(&w->report, &p, o->shape->object->variants);
    if (v != NULL) {
        wa_say(&w->report, &p, ", got ");
        p.actual = wa_say_quoted(&w->report, &p, v->as.text, v->length);
        if (!open && !w->lenient) wa_say(&w->report, &p, " (mode = \"lenient\" lets a new one through)");
    }
    wa_breach_end(w, &p);
}

/* the type is not given: it is that of the one member that is present */
static const wa_choice *infer(wa_walk *w, wa_subject *o)
{
    const wa_choice *choice = NULL;
    size_t present = 0;
    for (uint8_t i = 0; o->shape->object->inferred && i < o->shape->choice_count; i++) {
        if (!wa_has(o, o->shape->choices[i].word)) continue;
        choice = &o->shape->choices[i];
        present++;
    }
    if (present == 1) {
        o->inferred = choice->value;
        return choice;
    }
    if (present == 0) {
        report_choice(w, o, NULL);
    } else {
        wa_problem p = wa_breach_of(w, WA_BREACH_ONE_OF, false);
        wa_say(
            &w->report, &p, "has %lu contents and no `%s` to say which", (unsigned long) present, o->shape->object->by);
        wa_breach_end(w, &p);
    }
    return NULL;
}

static const wa_choice *choose(wa_walk *w, wa_subject *o)
{
    const wa_value *v = &o->values[o->shape->by];
    o->by = o->shape->by;
    if (!wa_has(o, o->by)) return infer(w, o);
    const wa_choice *choice = v->type == LUA_TSTRING ? chosen_by_value(o->shape, v) : NULL;
    if (choice == NULL && v->type == LUA_TSTRING) report_choice(w, o, v);
    return choice;
}

/* [-0, +0, -] takes the shape, if it is ready */
static bool become(wa_walk *w, wa_subject *o, wa_shape *shape)
{
    if (shape->ready) o->shape = shape;
    else wa_want(w, shape);
    return shape->ready;
}

void wa_resolve(wa_walk *w, wa_subject *o)
{
    while (o->shape->choice_count > 0) {
        if (o->shape->by == WA_NO_WORD) {
            const wa_choice *choice = chosen_by_presence(o, o->shape);
            wa_shape *shape = choice != NULL ? choice->shape : o->shape->otherwise;
            if (shape == NULL || !become(w, o, shape)) return;
            continue;
        }
        const wa_choice *choice = choose(w, o);
        if (choice == NULL) {
            o->unresolved = true;
            return;
        }
        o->choice = choice;
        if (!become(w, o, choice->shape)) return;
    }
}
