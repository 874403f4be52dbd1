#include "host/device/predict_fields.h"
#include "host/core/memory.h"

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void set_range(mn_digit *digit, uint64_t range)
{
    digit->bits = range ? 64 - __builtin_clzll(range) : 0;
    digit->mask = digit->bits == 64 ? UINT64_MAX : ((uint64_t)1 << digit->bits) - 1;
}

static bool make_field(const mn_table *table, int metric, bool with_base, mn_field *field)
{
    const int64_t *values = table->metrics[metric].values;
    const size_t nodes = (size_t)table->node_count;
    *field = (mn_field){.metric = metric};
    field->smallest = mn_new_array(nodes, sizeof *field->smallest);
    field->largest = mn_new_array(nodes, sizeof *field->largest);
    if (!field->smallest || !field->largest)
        return false;
    uint64_t divisor = 0;
    field->offset = with_base ? (uint64_t)table->metrics[metric].base : 0;
    for (int node = 0; node < table->node_count; node++) {
        int64_t smallest = INT64_MAX;
        for (int item = table->first[node]; item < table->first[node + 1]; item++)
            smallest = values[item] < smallest ? values[item] : smallest;
        for (int item = table->first[node]; item < table->first[node + 1]; item++) {
            const uint64_t above = (uint64_t)values[item] - (uint64_t)smallest;
            divisor = greatest_common_divisor(above, divisor);
            field->largest[node] = above > field->largest[node] ? above : field->largest[node];
        }
        field->smallest[node] = smallest;
        field->offset += (uint64_t)smallest;
    }
    field->factor = divisor ? divisor : 1;
    for (int node = 0; node < table->node_count; node++)
        field->range += field->largest[node] /= field->factor;
    set_range(&field->low, field->range);
    return true;
}

mn_field *mn_fields_make(const mn_table *table, const int *metrics, const bool *with_base, int field_count)
{
    mn_field *fields = mn_new_array((size_t)field_count, sizeof *fields);
    bool ok = fields;
    for (int i = 0; ok && i < field_count; i++)
        ok = make_field(table, metrics[i], with_base[i], &fields[i]);
    if (ok)
        return fields;
    mn_fields_free(fields, field_count);
    return NULL;
}

void mn_fields_free(mn_field *fields, int field_count)
{
    for (int i = 0; fields && i < field_count; i++) {
        free(fields[i].smallest);
        free(fields[i].largest);
    }
    free(fields);
}

bool mn_field_split(mn_field *field, int node_count)
{
    const uint64_t most = UINT32_MAX;
    if (field->range <= most)
        return true;
    field->radix = most / (uint64_t)node_count;
    uint64_t low = 0, high = 0;
    for (int node = 0; node < node_count; node++) {
        low += field->largest[node] < field->radix ? field->largest[node] : field->radix - 1;
        high += field->largest[node] / field->radix;
    }
    set_range(&field->low, low);
    set_range(&field->high, high);
    return high <= most;
}

/* First fit, widest first. */
int mn_fields_place(mn_field *fields, int field_count, int word_bits)
{
    const int digit_count = 2 * field_count;
    int *used = mn_new_array((size_t)digit_count, sizeof *used); /* bits of each word */
    bool *placed = mn_new_array((size_t)digit_count, sizeof *placed);
    int words = used && placed ? 1 : -1;
    for (int round = 0; words > 0 && round < digit_count; round++) {
        int widest = -1, most = -1;
        for (int i = 0; i < digit_count; i++) {
            const int bits = (i % 2 ? &fields[i / 2].high : &fields[i / 2].low)->bits;
            if (!placed[i] && bits > most) {
                widest = i;
                most = bits;
            }
        }
        placed[widest] = true;
        mn_digit *digit = widest % 2 ? &fields[widest / 2].high : &fields[widest / 2].low;
        if (digit->bits == 0)
            continue; /* reads 0 from the first word */
        while (used[digit->word] + digit->bits > word_bits)
            digit->word++;
        digit->shift = used[digit->word];
        used[digit->word] += digit->bits;
        words = digit->word + 1 > words ? digit->word + 1 : words;
    }
    for (int i = 0; words > 0 && i < digit_count; i++) { /* nothing lies above a word's last digit */
        mn_digit *digit = i % 2 ? &fields[i / 2].high : &fields[i / 2].low;
        if (digit->bits > 0 && digit->shift + digit->bits == used[digit->word])
            digit->mask = UINT64_MAX;
    }
    free(used);
    free(placed);
    return words;
}

uint64_t mn_fields_word(const mn_table *table, const mn_field *fields, int field_count, int word, int node, int block)
{
    uint64_t sum = 0;
    for (const mn_field *field = fields; field < fields + field_count; field++) {
        const int64_t value = table->metrics[field->metric].values[table->first[node] + block];
        const uint64_t number = ((uint64_t)value - (uint64_t)field->smallest[node]) / field->factor;
        if (field->low.word == word && field->low.bits > 0)
            sum += (field->radix ? number % field->radix : number) << field->low.shift;
        if (field->high.word == word && field->high.bits > 0)
            sum += number / field->radix << field->high.shift;
    }
    return sum;
}
