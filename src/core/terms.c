/* The tests of formats, and the tables of terms: see terms.h. */
#include "terms.h"

static bool is_decimal(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Returns the length of the URL's scheme with its colon, 0 if it has none. */
static size_t scheme_length(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = lower(text[i]);
        if (c == ':' && i > 0) return i + 1;
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && (i == 0 || !(is_decimal(c) || c == '+' || c == '-' || c == '.'))) return 0;
    }
    return 0;
}

/* Returns true if the text starts with `with`, in any case, and a host may follow. */
static bool starts_link(const char *text, size_t length, const char *with)
{
    size_t i = 0;
    while (with[i] != '\0') {
        if (i >= length || lower(text[i]) != with[i]) return false;
        i++;
    }
    return length > i && text[i] != '/' && !is_space(text[i]);
}

static bool is_web_link(const char *text, size_t length)
{
    return starts_link(text, length, "https://") || starts_link(text, length, "http://");
}

static bool is_absolute(const char *text, size_t length)
{
    size_t size = scheme_length(text, length);
    return size > 0 && length > size && !is_space(text[size]);
}

static bool is_date(const char *text, size_t length)
{
    static const char digits[] = "0000-00-00";
    if (length != sizeof digits - 1) return false;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] == '0' ? !is_decimal(text[i]) : text[i] != digits[i]) return false;
    }
    return true;
}

static bool is_trimmed(const char *text, size_t length)
{
    return !is_space(text[0]) && !is_space(text[length - 1]);
}

static bool is_one_line(const char *text, size_t length)
{
    int spaces = 0;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char) text[i] > ' ') {
            spaces = 0;
            continue;
        }
        spaces = text[i] == ' ' ? spaces + 1 : 0;
        if (spaces > 4 || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') return false;
    }
    return true;
}

static bool is_few_lines(const char *text, size_t length)
{
    int ends = 0;
    for (size_t i = 0; i < length; i++) ends += text[i] == '\n';
    return ends <= 2;
}

#define KIND(kind, ...) [kind] = {__VA_ARGS__},
#define FORMAT(format, ...) [format] = {__VA_ARGS__},
#define CODE(code, name, doc) [code] = {name, WA_DOC(doc)},
#define RULE(rule, name, code, sentence, doc) [rule] = {name, code, sentence, WA_DOC(doc)},
#define MARK(mark, name) [mark##_BIT] = name,

WA_DATA_DEFINITION const wa_kind_term wa_kind_terms[WA_KIND_COUNT] = {
    [WA_NO_KIND] = {"any", "anything", "", "any", "", false}, WA_KINDS(KIND)};
WA_DATA_DEFINITION const wa_format_term wa_format_terms[WA_FORMAT_COUNT] = {WA_FORMATS(FORMAT)};
WA_DATA_DEFINITION const wa_code_term wa_code_terms[WA_CODE_COUNT] = {WA_CODES(CODE)};
WA_DATA_DEFINITION const wa_rule_term wa_rule_terms[WA_RULE_COUNT] = {WA_RULES(RULE)};
WA_DATA_DEFINITION const char *const wa_mark_names[WA_MARK_COUNT] = {WA_MARKS(MARK)};
