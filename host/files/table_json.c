#include "host/files/table_json.h"
#include "host/files/skeleton_json.h"
#include "host/files/table_reader.h"
#include "host/files/bytes.h"
#include "host/core/memory.h"

static const char *const table_keys[] = {"format", "version", "name",   "encoding", "nodes", "metrics",
                                         "scale",  "rules",   "source", "network",  NULL};
static const char *const space_keys[] = {"format",  "version", "name",   "encoding", "nodes",
                                         "metrics", "rules",   "source", "network",  NULL};

static mn_status read_format(const mn_json_document *document, mn_table *table)
{
    const mn_json *root = document->root, *format, *version;
    mn_status status = mn_json_expect(document, root, MN_JSON_OBJECT, "the file");
    if (status == MN_OK)
        status = mn_json_member(document, root, "the file", "format", MN_JSON_STRING, &format);
    if (status != MN_OK)
        return status;
    table->has_values = !strcmp(format->text, "mathnas-table");
    if (!table->has_values && strcmp(format->text, "mathnas-space"))
        return mn_json_fail(document, format, "format \"%.80s\"; expected \"mathnas-table\" or \"mathnas-space\"",
                            format->text);
    status = mn_json_member(document, root, "the file", "version", MN_JSON_NUMBER, &version);
    if (status != MN_OK)
        return status;
    mn_decimal number;
    if (!mn_decimal_parse(version->text, version->length, &number) || number.mantissa != 1 || number.decimals != 0)
        return mn_json_fail(document, version, "version %.*s; expected 1",
                            (int)(version->length < 40 ? version->length : 40), version->text);
    return mn_json_check_keys(document, root, table->has_values ? "the table" : "the space",
                              table->has_values ? table_keys : space_keys);
}

/* A text under an optional key. */
static mn_status read_text(const mn_json_document *document, const char *key, char **text)
{
    const mn_json *member = mn_json_find(document->root, key);
    if (!member)
        return MN_OK;
    const mn_status status = mn_json_member(document, document->root, "the file", key, MN_JSON_STRING, &member);
    return status == MN_OK ? mn_json_copy(document, member, text) : status;
}

/* The name is required of a table; a space without one goes by its path. */
static mn_status read_name(const mn_json_document *document, mn_table *table)
{
    const mn_json *name = mn_json_find(document->root, "name");
    if (!name && !table->has_values) {
        table->name = mn_copy_text(table->path, strlen(table->path));
        return table->name ? MN_OK : mn_fail_memory(&table->error);
    }
    mn_status status = mn_json_member(document, document->root, "the file", "name", MN_JSON_STRING, &name);
    if (status == MN_OK && name->length == 0)
        status = mn_json_fail(document, name, "\"name\": expected a name, found an empty string");
    return status == MN_OK ? mn_json_copy(document, name, &table->name) : status;
}

/* How networks are written elsewhere: the known encodings, with the nodes that each one is about (0: any). */
static mn_status check_encoding(const mn_json_document *document, const mn_table *table)
{
    static const struct {
        const char *name;
        int nodes;
    } known[] = {{"nasbench201", 6}, {"nats-size", 5},      {"fbnet", 22},         {"ofa-mobilenetv3", 0},
                 {"hat", 0},         {"transnas-micro", 6}, {"nasbench-macro", 0}, {"accel-nasbench", 7}};
    const mn_json *encoding = mn_json_find(document->root, "encoding");
    if (!encoding)
        return MN_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, table->encoding))
            continue;
        if (known[i].nodes && known[i].nodes != table->node_count)
            return mn_json_fail(document, encoding, "the encoding \"%s\" is about %d nodes, found %d", table->encoding,
                                known[i].nodes, table->node_count);
        return MN_OK;
    }
    return mn_json_fail(
        document, encoding,
        "the encoding \"%.80s\" is unknown; expected nasbench201, nats-size, fbnet, ofa-mobilenetv3, hat, "
        "transnas-micro, nasbench-macro or accel-nasbench",
        table->encoding);
}

static mn_status read_network(const mn_json_document *document, mn_table *table)
{
    const mn_json *network = mn_json_find(document->root, "network");
    if (!network)
        return MN_OK;
    const mn_status status = mn_json_expect(document, network, MN_JSON_OBJECT, "\"network\"");
    if (status != MN_OK)
        return status;
    table->network_json = mn_json_raw(document, network);
    return table->network_json ? mn_skeleton_read(document, network, table) : mn_fail_memory(&table->error);
}

typedef mn_status part_reader(const mn_json_document *document, const mn_json *value, mn_table *table);

static mn_status read_part(const mn_json_document *document, const char *key, mn_json_type type, bool required,
                           part_reader *read, mn_table *table)
{
    const mn_json *member = mn_json_find(document->root, key);
    if (!member && !required)
        return MN_OK;
    const mn_status status = mn_json_member(document, document->root, "the file", key, type, &member);
    return status == MN_OK ? read(document, member, table) : status;
}

static mn_status read_document(const mn_json_document *document, mn_table *table)
{
    mn_status status = read_format(document, table);
    if (status == MN_OK)
        status = read_name(document, table);
    if (status == MN_OK)
        status = read_text(document, "encoding", &table->encoding);
    if (status == MN_OK)
        status = read_text(document, "source", &table->source);
    if (status == MN_OK)
        status = read_part(document, "nodes", MN_JSON_ARRAY, true, mn_read_nodes, table);
    if (status == MN_OK)
        status = check_encoding(document, table);
    if (status == MN_OK)
        status = read_part(document, "metrics", MN_JSON_ARRAY, table->has_values, mn_read_metrics, table);
    if (status == MN_OK)
        status = read_part(document, "scale", MN_JSON_OBJECT, false, mn_read_scale, table);
    if (status == MN_OK)
        status = read_part(document, "rules", MN_JSON_ARRAY, false, mn_read_rules, table);
    if (status == MN_OK)
        status = read_network(document, table);
    return status;
}

mn_status mn_table_read_memory(const char *name, const char *text, size_t size, mn_table *table)
{
    table->path = mn_copy_text(name, strlen(name));
    if (!table->path)
        return mn_fail_memory(&table->error);
    mn_json_document document;
    const mn_json_source source = {.name = name, .failure = MN_BAD_INPUT, .error = &table->error};
    mn_status status = mn_json_parse(&document, source, text, size);
    if (status == MN_OK)
        status = read_document(&document, table);
    mn_json_free(&document);
    return status == MN_OK ? mn_table_prepare(table, name) : status;
}

mn_status mn_table_read(const char *path, mn_table *table)
{
    char *text;
    size_t size;
    mn_status status = mn_bytes_read(path, &text, &size, &table->error);
    if (status == MN_OK)
        status = mn_table_read_memory(path, text, size, table);
    free(text);
    return status;
}
