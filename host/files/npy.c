#include "host/files/npy.h"
#include "host/core/memory.h"

#include <stdio.h>

#define MAGIC "\x93NUMPY"
enum { MAGIC_SIZE = 6, LARGEST_HEADER = 1 << 16, ALIGNMENT = 64 };

/* What a header says; the array's bytes follow at `data`. */
typedef struct npy_array {
    char kind; /* 'i' or 'u' */
    int width; /* bytes of a number */
    bool swapped, columns_first;
    int dimensions;
    uint64_t shape[2]; /* of the first two dimensions */
    const unsigned char *data;
    size_t size;
} npy_array;

/* The header's Python dictionary, read strictly from left to right. */
typedef struct npy_scanner {
    const char *name, *at, *end;
    mn_error *error;
    bool seen_type, seen_order, seen_shape;
} npy_scanner;

bool mn_npy_detect(const char *data, size_t size)
{
    return size >= MAGIC_SIZE && !memcmp(data, MAGIC, MAGIC_SIZE);
}

static void skip_spaces(npy_scanner *scanner)
{
    while (scanner->at < scanner->end && (*scanner->at == ' ' || *scanner->at == '\n' || *scanner->at == '\t'))
        scanner->at++;
}

/* Steps over `c` and the spaces around it. */
static bool accept(npy_scanner *scanner, char c)
{
    skip_spaces(scanner);
    if (scanner->at == scanner->end || *scanner->at != c)
        return false;
    scanner->at++;
    skip_spaces(scanner);
    return true;
}

static mn_status fail_header(const npy_scanner *scanner)
{
    return mn_fail(scanner->error, MN_BAD_INPUT,
                   "%s: malformed .npy header; expected {'descr': ..., 'fortran_order': ..., 'shape': (...)}",
                   scanner->name);
}

/* A string in single or double quotes, at most `room` - 1 bytes. */
static bool read_string(npy_scanner *scanner, char *text, size_t room)
{
    const char quote = scanner->at < scanner->end ? *scanner->at : 0;
    if (quote != '\'' && quote != '"')
        return false;
    scanner->at++;
    size_t length = 0;
    for (; scanner->at < scanner->end && *scanner->at != quote; scanner->at++) {
        if (length + 1 == room)
            return false;
        text[length++] = *scanner->at;
    }
    text[length] = 0;
    return accept(scanner, quote);
}

static mn_status read_type(npy_scanner *scanner, npy_array *array)
{
    char type[32];
    if (scanner->at < scanner->end && *scanner->at == '[')
        return mn_fail(scanner->error, MN_BAD_INPUT, "%s: an array of records; expected integers", scanner->name);
    if (!read_string(scanner, type, sizeof type))
        return fail_header(scanner);
    const char order = type[0];
    const bool known_order = order == '<' || order == '>' || order == '=' || order == '|';
    const bool known_kind = known_order && (type[1] == 'i' || type[1] == 'u');
    const bool known_width = known_kind && strchr("1248", type[2]) && type[2] && !type[3];
    if (!known_width || (order == '|' && type[2] != '1'))
        return mn_fail(scanner->error, MN_BAD_INPUT,
                       "%s: numbers of type '%s'; expected integers of 1, 2, 4 or 8 bytes", scanner->name, type);
    array->kind = type[1];
    array->width = type[2] - '0';
    array->swapped = order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '>' : '<');
    return MN_OK;
}

static mn_status read_order(npy_scanner *scanner, npy_array *array)
{
    const size_t left = (size_t)(scanner->end - scanner->at);
    if (left >= 4 && !memcmp(scanner->at, "True", 4)) {
        array->columns_first = true;
        scanner->at += 4;
    } else if (left >= 5 && !memcmp(scanner->at, "False", 5)) {
        scanner->at += 5;
    } else {
        return fail_header(scanner);
    }
    return MN_OK;
}

static mn_status read_length(npy_scanner *scanner, uint64_t *length)
{
    *length = 0;
    const char *begin = scanner->at;
    for (; scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9'; scanner->at++)
        if (__builtin_mul_overflow(*length, (uint64_t)10, length) ||
            __builtin_add_overflow(*length, (uint64_t)(*scanner->at - '0'), length))
            return mn_fail(scanner->error, MN_BAD_INPUT, "%s: a dimension passes 64 bits", scanner->name);
    if (scanner->at == begin)
        return fail_header(scanner);
    accept(scanner, 'L'); /* Python 2 wrote long integers so */
    return MN_OK;
}

static mn_status read_shape(npy_scanner *scanner, npy_array *array)
{
    uint64_t excess;
    if (!accept(scanner, '('))
        return fail_header(scanner);
    while (!accept(scanner, ')')) {
        const mn_status status =
            read_length(scanner, array->dimensions < 2 ? &array->shape[array->dimensions] : &excess);
        if (status != MN_OK)
            return status;
        array->dimensions++;
        if (!accept(scanner, ',') && (scanner->at == scanner->end || *scanner->at != ')'))
            return fail_header(scanner);
    }
    return MN_OK;
}

/* One "key: value" of the dictionary. */
static mn_status read_member(npy_scanner *scanner, npy_array *array)
{
    char key[32];
    if (!read_string(scanner, key, sizeof key) || !accept(scanner, ':'))
        return fail_header(scanner);
    bool *seen;
    mn_status (*read)(npy_scanner *, npy_array *);
    if (!strcmp(key, "descr")) {
        seen = &scanner->seen_type;
        read = read_type;
    } else if (!strcmp(key, "fortran_order")) {
        seen = &scanner->seen_order;
        read = read_order;
    } else if (!strcmp(key, "shape")) {
        seen = &scanner->seen_shape;
        read = read_shape;
    } else {
        return fail_header(scanner);
    }
    if (*seen)
        return fail_header(scanner);
    *seen = true;
    return read(scanner, array);
}

static mn_status read_dictionary(npy_scanner *scanner, npy_array *array)
{
    if (!accept(scanner, '{'))
        return fail_header(scanner);
    while (!accept(scanner, '}')) {
        const mn_status status = read_member(scanner, array);
        if (status != MN_OK)
            return status;
        if (!accept(scanner, ',') && (scanner->at == scanner->end || *scanner->at != '}'))
            return fail_header(scanner);
    }
    if (scanner->at != scanner->end || !scanner->seen_type || !scanner->seen_order || !scanner->seen_shape)
        return fail_header(scanner);
    return MN_OK;
}

static mn_status read_header(const char *name, const char *data, size_t size, npy_array *array, mn_error *error)
{
    const unsigned char *bytes = (const unsigned char *)data;
    if (!mn_npy_detect(data, size))
        return mn_fail(error, MN_BAD_INPUT, "%s: expected a NumPy .npy file", name);
    const int version = size > MAGIC_SIZE ? bytes[MAGIC_SIZE] : 0;
    const size_t start = version == 1 ? 10 : 12;
    if (size < start)
        return mn_fail(error, MN_BAD_INPUT, "%s: the file ends inside its .npy header", name);
    if (version < 1 || version > 3)
        return mn_fail(error, MN_BAD_INPUT, "%s: .npy version %d; expected 1, 2 or 3", name, version);
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (version > 1)
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (length > LARGEST_HEADER)
        return mn_fail(error, MN_BAD_INPUT, "%s: a .npy header of %zu bytes; expected at most %d", name, length,
                       LARGEST_HEADER);
    if (length > size - start)
        return mn_fail(error, MN_BAD_INPUT, "%s: the file ends inside its .npy header", name);
    *array = (npy_array){.data = bytes + start + length, .size = size - start - length};
    npy_scanner scanner = {.name = name, .at = data + start, .end = data + start + length, .error = error};
    return read_dictionary(&scanner, array);
}

/* The array's number `index` in memory order. True when it lies in 0 .. limit - 1; otherwise `shown` tells what it is. */
static bool read_number(const npy_array *array, uint64_t index, uint64_t limit, uint64_t *number, char shown[32])
{
    const unsigned char *bytes = array->data + index * (uint64_t)array->width;
    const bool little = (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) != array->swapped;
    uint64_t value = 0;
    for (int i = 0; i < array->width; i++)
        value |= (uint64_t)bytes[little ? i : array->width - 1 - i] << (8 * i);
    const bool negative = array->kind == 'i' && value >> (8 * array->width - 1);
    *number = value;
    if (!negative && value < limit)
        return true;
    if (negative && array->width < 8)
        value |= UINT64_MAX << (8 * array->width);
    if (negative)
        snprintf(shown, 32, "%lld", (long long)value);
    else
        snprintf(shown, 32, "%llu", (unsigned long long)value);
    return false;
}

/* Holds the shape against the table and the bytes that are there: what is allocated later is at most eight times the file. */
static mn_status check_networks(const mn_table *table, const char *name, const npy_array *array, mn_error *error)
{
    if (array->dimensions != 2)
        return mn_fail(error, MN_BAD_INPUT, "%s: an array of %d dimensions; expected 2: networks, nodes", name,
                       array->dimensions);
    if (array->shape[1] != (uint64_t)table->node_count)
        return mn_fail(error, MN_BAD_INPUT, "%s: %llu columns; expected %d, one for each node", name,
                       (unsigned long long)array->shape[1], table->node_count);
    uint64_t bytes;
    if (__builtin_mul_overflow(array->shape[0], array->shape[1] * (uint64_t)array->width, &bytes) ||
        bytes != array->size)
        return mn_fail(error, MN_BAD_INPUT,
                       "%s: %zu bytes of numbers; expected %llu networks of %d nodes, %d bytes a number", name,
                       array->size, (unsigned long long)array->shape[0], table->node_count, array->width);
    return MN_OK;
}

static mn_status read_networks(const mn_table *table, const char *name, const npy_array *array, uint16_t *choices,
                               mn_error *error)
{
    const uint64_t rows = array->shape[0], columns = array->shape[1];
    for (uint64_t row = 0; row < rows; row++)
        for (uint64_t node = 0; node < columns; node++) {
            const uint64_t index = array->columns_first ? node * rows + row : row * columns + node;
            const mn_node *n = &table->nodes[node];
            uint64_t number;
            char shown[32];
            if (!read_number(array, index, (uint64_t)n->block_count, &number, shown))
                return mn_fail(error, MN_BAD_INPUT,
                               "%s: row %llu (from 0), node \"%s\": expected a block index from 0 to %d, found %s",
                               name, (unsigned long long)row, n->name, n->block_count - 1, shown);
            choices[row * columns + node] = (uint16_t)number;
        }
    return MN_OK;
}

mn_status mn_npy_read_choices(const mn_table *table, const char *name, const char *data, size_t size, uint64_t *count,
                              uint16_t **choices, mn_error *error)
{
    npy_array array;
    *count = 0;
    *choices = NULL;
    mn_status status = read_header(name, data, size, &array, error);
    if (status == MN_OK)
        status = check_networks(table, name, &array, error);
    if (status != MN_OK)
        return status;
    uint16_t *made = mn_new_array((size_t)(array.shape[0] * array.shape[1]), sizeof *made);
    status = made ? read_networks(table, name, &array, made, error) : mn_fail_memory(error);
    if (status != MN_OK) {
        free(made);
        return status;
    }
    *count = array.shape[0];
    *choices = made;
    return MN_OK;
}

/* index_of[number i of the file] = i; -1 where the benchmark has no network. */
static mn_status invert(const mn_table *table, const char *name, const npy_array *array, int64_t *index_of,
                        mn_error *error)
{
    memset(index_of, 0xff, (size_t)table->count * sizeof *index_of);
    for (uint64_t index = 0; index < array->shape[0]; index++) {
        uint64_t number;
        char shown[32];
        if (!read_number(array, index, table->count, &number, shown))
            return mn_fail(error, MN_BAD_INPUT, "%s: entry %llu: expected a network number below %llu, found %s", name,
                           (unsigned long long)index, (unsigned long long)table->count, shown);
        if (index_of[number] >= 0)
            return mn_fail(error, MN_BAD_INPUT, "%s: entry %llu: network number %llu appears twice", name,
                           (unsigned long long)index, (unsigned long long)number);
        index_of[number] = (int64_t)index;
    }
    return MN_OK;
}

mn_status mn_npy_read_index(const mn_table *table, const char *name, const char *data, size_t size, int64_t **index_of,
                            mn_error *error)
{
    npy_array array;
    *index_of = NULL;
    const mn_status status = read_header(name, data, size, &array, error);
    if (status != MN_OK)
        return status;
    if (array.dimensions != 1 || array.size % (size_t)array.width || array.size / (size_t)array.width != array.shape[0])
        return mn_fail(error, MN_BAD_INPUT,
                       "%s: expected one dimension of network numbers and as many bytes as its header says", name);
    if (table->count > INT32_MAX || array.shape[0] > table->count)
        return mn_fail(error, MN_BAD_INPUT, "%s: %llu entries; the table has %s networks, and at most %d are indexed",
                       name, (unsigned long long)array.shape[0], table->count_text, INT32_MAX);
    int64_t *made = mn_new_array((size_t)table->count, sizeof *made);
    const mn_status inverted = made ? invert(table, name, &array, made, error) : mn_fail_memory(error);
    if (inverted == MN_OK)
        *index_of = made;
    else
        free(made);
    return inverted;
}

mn_status mn_npy_write_header(mn_output *output, uint64_t count, uint64_t columns)
{
    char header[256];
    const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    int length = snprintf(header, sizeof header, "{'descr': '%cf8', 'fortran_order': False, 'shape': (%llu, %llu), }",
                          order, (unsigned long long)count, (unsigned long long)columns);
    /* Padded with spaces so that the numbers begin at a multiple of 64 bytes. */
    while ((10 + length + 1) % ALIGNMENT != 0)
        header[length++] = ' ';
    header[length++] = '\n';
    const char start[10] = {
        MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3], MAGIC[4], MAGIC[5], 1, 0, (char)(length & 0xff), (char)(length >> 8)};
    mn_output_write(output, start, sizeof start);
    return mn_output_write(output, header, (size_t)length);
}
