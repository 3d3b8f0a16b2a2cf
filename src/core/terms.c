/* The tests of formats, and the tables of terms: see terms.h. */
#include "terms.h"

#include "utf8.h"

#include <string.h>

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

/* Returns true if the text starts with `with`, in any case, and the next character may begin a host. */
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

/* Returns true if no byte is a control character and no two spaces are next to each other, as in most texts. Returns
 * false for a text of less than 8 bytes. Without this quick check, encode takes 1.6 % more instructions for a template
 * (make bench). */
static bool is_simple_line(const char *text, size_t length)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    uint64_t bytes, control = 0, spaces;
    if (length < 8) return false;
    for (size_t at = 0; at < length; at += 8) {
        memcpy(&bytes, text + (at + 8 <= length ? at : length - 8), 8);
        control |= (bytes - ones * 0x20) & ~bytes;
        spaces = bytes ^ ones * ' ';
        spaces = ~(((spaces & ~tops) + ~tops) | spaces | ~tops); /* the top bit of each byte that is a space */
        if ((spaces & spaces >> 8) != 0) return false;
    }
    return (control & tops) == 0;
}

static bool is_one_line(const char *text, size_t length)
{
    int spaces = 0;
    if (is_simple_line(text, length)) return true;
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

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
}

/* ---- names and languages ----------------------------------------------------------------------------------------- */

static bool is_snake(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!(text[i] >= 'a' && text[i] <= 'z') && !is_decimal(text[i]) && text[i] != '_') return false;
    }
    return true;
}

/* Writes a language code in the form pt_BR. Returns false unless the text is a language of two or three letters and,
 * optionally, _ or - and a country of two letters. */
static bool correct_language(const char *text, size_t length, char *corrected)
{
    size_t letters = 0;
    while (letters < length && is_letter(text[letters])) letters++;
    bool country = letters < length;
    if (letters < 2 || letters > 3 || (country && length != letters + 3)) return false;
    if (country && text[letters] != '_' && text[letters] != '-') return false;
    for (size_t i = 0; i < length; i++) corrected[i] = i < letters ? lower(text[i]) : upper(text[i]);
    if (country) corrected[letters] = '_';
    corrected[length] = '\0';
    return !country || (is_letter(text[letters + 1]) && is_letter(text[letters + 2]));
}

static bool is_language(const char *text, size_t length)
{
    char corrected[WA_CORRECTED];
    return correct_language(text, length, corrected) && memcmp(text, corrected, length) == 0;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

/* Returns the first hidden code point, or -1. */
static int32_t hidden_character(const char *text, size_t length)
{
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = wa_utf8_character((const unsigned char *) text + at, length - at);
        if (bytes == 0) return -1;
        int32_t point = wa_utf8_point(text + at, bytes);
        if (wa_is_hidden(point)) return point;
    }
    return -1;
}

static bool is_visible(const char *text, size_t length)
{
    return hidden_character(text, length) < 0;
}

enum { LONGEST_ADDRESS = 160 };

/* Copies an address without its spaces and its hidden characters, which a pasted address may have. Returns the length
 * of the copy, or 0 if it is longer than any address. */
static size_t strip(const char *text, size_t length, char *stripped)
{
    size_t count = 0;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = wa_utf8_character((const unsigned char *) text + at, length - at);
        if (bytes == 0 || count + bytes > LONGEST_ADDRESS) return 0;
        if (text[at] == ' ' || wa_is_hidden(wa_utf8_point(text + at, bytes))) continue;
        memcpy(stripped + count, text + at, bytes);
        count += bytes;
    }
    return count;
}

/* Returns false for US.13491208655302741918 and US.ENT.11815799212886844830, in any case. */
static bool is_no_user_id(const char *text, size_t length)
{
    char id[LONGEST_ADDRESS];
    size_t count = strip(text, length, id), at = 3;
    if (count <= at || !is_letter(id[0]) || !is_letter(id[1]) || id[2] != '.') return true;
    bool enterprise = lower(id[3]) == 'e' && count > 7 && lower(id[4]) == 'n' && lower(id[5]) == 't' && id[6] == '.';
    for (at = enterprise ? 7 : 3; at < count; at++) {
        if (!is_letter(id[at]) && !is_decimal(id[at])) return true;
    }
    return false;
}

static bool is_no_phone(const char *text, size_t length)
{
    char phone[LONGEST_ADDRESS];
    size_t count = strip(text, length, phone);
    for (size_t i = 0; i < count; i++) {
        if (!is_decimal(phone[i]) && strchr("+-().", phone[i]) == NULL) return true;
    }
    return count == 0;
}

static bool is_no_name(const char *text, size_t length)
{
    char name[LONGEST_ADDRESS];
    return strip(text, length, name) == 0 || name[0] != '@';
}

/* Returns true for a user name too, which has a warning of its own. */
static bool has_digit(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_decimal(text[i])) return true;
    }
    return !is_no_name(text, length);
}

static bool has_no_space(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (is_space(text[i])) return false;
    }
    return true;
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
