/* Parsing: yajl's events become the tree. */
#include "host/files/json.h"
#include "host/files/json_syntax.h"
#include "host/files/utf8.h"
#include "host/core/memory.h"

#include <yajl/yajl_parse.h>

/* ---- arena ---------------------------------------------------------------------------------------------------------------------- */

typedef struct mn_json_chunk {
    struct mn_json_chunk *older;
    size_t used, room;
    _Alignas(16) char bytes[];
} mn_json_chunk;

static void *take(mn_json_document *document, size_t size)
{
    enum { SMALLEST = 4096, LARGEST = 1 << 20 };
    size = (size + 7) & ~(size_t)7;
    mn_json_chunk *chunk = document->chunks;
    if (!chunk || chunk->room - chunk->used < size) {
        size_t room = chunk ? chunk->room * 2 : SMALLEST;
        room = room > LARGEST ? LARGEST : room;
        room = room < size ? size : room;
        mn_json_chunk *fresh = malloc(sizeof *fresh + room);
        if (!fresh)
            return NULL;
        *fresh = (mn_json_chunk){.older = chunk, .room = room};
        document->chunks = chunk = fresh;
    }
    void *bytes = chunk->bytes + chunk->used;
    chunk->used += size;
    return bytes;
}

void mn_json_free(mn_json_document *document)
{
    for (mn_json_chunk *chunk = document->chunks, *older; chunk; chunk = older) {
        older = chunk->older;
        free(chunk);
    }
    document->chunks = NULL;
    document->root = NULL;
}

/* ---- building the tree from yajl's events --------------------------------------------------------------------------------------- */

typedef struct json_level {
    mn_json *container, *last;
} json_level;

typedef struct json_builder {
    mn_json_document *document;
    yajl_handle yajl;
    json_level levels[MN_JSON_DEPTH];
    int depth;
    const char *key; /* waits for its value */
    uint32_t key_line;
    size_t seen; /* bytes whose lines are counted */
    uint32_t line;
    mn_status status; /* of a failure inside an event */
} json_builder;

/* Stops the parse: the return value of an event. */
__attribute__((format(printf, 2, 3))) static int stop(json_builder *builder, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    builder->status = mn_json_fail_line(builder->document, builder->line, format, arguments);
    va_end(arguments);
    return 0;
}

static int stop_memory(json_builder *builder)
{
    builder->status = mn_fail_memory(builder->document->source.error);
    return 0;
}

/* Where the token of this event begins; counts lines up to its end. Only spaces, commas and colons lie between two tokens. */
static size_t advance(json_builder *builder)
{
    const char *text = builder->document->text;
    const size_t end = yajl_get_bytes_consumed(builder->yajl);
    size_t at = builder->seen;
    for (; at < end && strchr(" \t\r\n,:", text[at]); at++)
        builder->line += text[at] == '\n';
    builder->seen = end;
    return at;
}

/* Appends a value of `type` to the open container. */
static mn_json *append(json_builder *builder, mn_json_type type)
{
    const size_t begin = advance(builder);
    mn_json *value = take(builder->document, sizeof *value);
    if (!value) {
        stop_memory(builder);
        return NULL;
    }
    *value = (mn_json){.type = type,
                       .line = builder->line,
                       .key_line = builder->key_line,
                       .begin = (uint32_t)begin,
                       .end = (uint32_t)builder->seen,
                       .key = builder->key};
    builder->key = NULL;
    if (builder->depth == 0) {
        builder->document->root = value;
        return value;
    }
    json_level *level = &builder->levels[builder->depth - 1];
    if (level->last)
        level->last->next = value;
    else
        level->container->first = value;
    level->last = value;
    level->container->count++;
    return value;
}

static int on_null(void *context)
{
    return append(context, MN_JSON_NULL) != NULL;
}

static int on_boolean(void *context, int is_true)
{
    mn_json *value = append(context, MN_JSON_BOOLEAN);
    if (value)
        value->is_true = is_true != 0;
    return value != NULL;
}

static int on_number(void *context, const char *text, size_t length)
{
    (void)text;
    json_builder *builder = context;
    mn_json *value = append(builder, MN_JSON_NUMBER);
    if (!value)
        return 0;
    value->text = builder->document->text + value->begin;
    value->length = (uint32_t)length;
    return 1;
}

/* A decoded string in the arena, terminated; NULL when it cannot be one (the builder has the sentence). */
static const char *keep_string(json_builder *builder, const unsigned char *text, size_t length)
{
    if (memchr(text, 0, length)) {
        stop(builder, "a string holds the character U+0000; expected text without it");
        return NULL;
    }
    char *copy = take(builder->document, length + 1);
    if (!copy) {
        stop_memory(builder);
        return NULL;
    }
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
    json_builder *builder = context;
    mn_json *value = append(builder, MN_JSON_STRING);
    if (!value)
        return 0;
    value->text = keep_string(builder, text, length);
    value->length = (uint32_t)length;
    return value->text != NULL;
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
    json_builder *builder = context;
    advance(builder);
    builder->key = keep_string(builder, text, length);
    builder->key_line = builder->line;
    return builder->key != NULL;
}

static int open_container(json_builder *builder, mn_json_type type)
{
    mn_json *value = append(builder, type);
    if (!value)
        return 0;
    if (builder->depth == MN_JSON_DEPTH)
        return stop(builder, "nested deeper than %d levels", MN_JSON_DEPTH);
    builder->levels[builder->depth++] = (json_level){value, NULL};
    return 1;
}

static int on_open_object(void *context)
{
    return open_container(context, MN_JSON_OBJECT);
}

static int on_open_array(void *context)
{
    return open_container(context, MN_JSON_ARRAY);
}

static int on_close_array(void *context)
{
    json_builder *builder = context;
    advance(builder);
    builder->levels[--builder->depth].container->end = (uint32_t)builder->seen;
    return 1;
}

static int by_key(const void *a, const void *b)
{
    const mn_json *x = *(const mn_json *const *)a, *y = *(const mn_json *const *)b;
    const int order = strcmp(x->key, y->key);
    return order ? order : (x->begin > y->begin) - (x->begin < y->begin);
}

static int on_close_object(void *context)
{
    json_builder *builder = context;
    on_close_array(builder);
    const mn_json *object = builder->levels[builder->depth].container;
    const mn_json **members = mn_new_array(object->count, sizeof *members);
    if (!members)
        return stop_memory(builder);
    size_t count = 0;
    for (const mn_json *member = object->first; member; member = member->next)
        members[count++] = member;
    qsort(members, count, sizeof *members, by_key);
    const mn_json *again = NULL, *before = NULL;
    for (size_t i = 1; i < count && !again; i++)
        if (!strcmp(members[i - 1]->key, members[i]->key)) {
            before = members[i - 1];
            again = members[i];
        }
    free(members);
    if (!again)
        return 1;
    builder->line = again->key_line;
    return stop(builder, "the key \"%.80s\" appears twice in one object, first in line %u", again->key,
                before->key_line);
}

static const yajl_callbacks events = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close_object,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close_array,
};

/* ---- parsing -------------------------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static mn_status fail_at(const mn_json_document *document, size_t offset,
                                                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const mn_status status =
        mn_json_fail_line(document, (uint32_t)mn_line_of(document->text, offset), format, arguments);
    va_end(arguments);
    return status;
}

static mn_status run_yajl(json_builder *builder, size_t size)
{
    mn_json_document *document = builder->document;
    const unsigned char *bytes = (const unsigned char *)document->text;
    yajl_status answer = yajl_parse(builder->yajl, bytes, size);
    size_t offset = yajl_get_bytes_consumed(builder->yajl);
    if (answer == yajl_status_ok) {
        offset = size;
        answer = yajl_complete_parse(builder->yajl);
    }
    if (answer == yajl_status_ok)
        return MN_OK;
    if (answer == yajl_status_client_canceled)
        return builder->status;
    unsigned char *said = yajl_get_error(builder->yajl, 0, bytes, size);
    char sentence[256];
    mn_json_syntax_sentence((const char *)said, document->text, offset, size, sentence, sizeof sentence);
    yajl_free_error(builder->yajl, said);
    return fail_at(document, offset, "%s", sentence);
}

mn_status mn_json_parse(mn_json_document *document, mn_json_source source, const char *text, size_t size)
{
    if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        /* A byte order mark says nothing in UTF-8; editors write it all the same. */
        text += 3;
        size -= 3;
    }
    *document = (mn_json_document){.source = source, .text = text};
    if (size > MN_JSON_MAX_SIZE)
        return mn_fail(source.error, source.failure, "%s: larger than 1 GiB, the largest JSON text that is read",
                       source.name);
    const size_t valid = mn_utf8_prefix(text, size);
    if (valid < size)
        return fail_at(document, valid, "byte 0x%02x: expected UTF-8 text", (unsigned char)text[valid]);

    json_builder builder = {.document = document, .line = 1};
    builder.yajl = yajl_alloc(&events, NULL, &builder);
    if (!builder.yajl)
        return mn_fail_memory(source.error);
    /* The check above is the stricter one. */
    yajl_config(builder.yajl, yajl_dont_validate_strings, 1);
    mn_status status = run_yajl(&builder, size);
    yajl_free(builder.yajl);
    if (status != MN_OK)
        return status;
    const size_t lone = mn_json_lone_surrogate(text, size);
    if (lone < size)
        return fail_at(document, lone, "the escape %.6s is half of a surrogate pair; expected a whole character",
                       text + lone);
    return MN_OK;
}
