/* The prediction kernel under a sanitizer, through the plugin's functions: it must have nothing to say, and the values must be right, also where
 * blocks take several tiles. */
#include <cstdio>
#include <cstring>

#include "host/device/plugin.h"
#include "kernels/simt/control.h"

extern "C" const mn_plugin *mathnas_plugin(void);

static constexpr int nodes = 5, blocks = 3, count = 9001, entries = 1 + 9 + 9 + 3;

/* What block b of a node adds to word w. */
static uint64_t value(int node, int b, int w)
{
    return static_cast<uint64_t>((node + 1) * 100 + b * 7 + w * 1000);
}

/* Entry 0 is zeros; then the tables of nodes 0 and 1, of 2 and 3, of 4. */
static void fill_tables(uint64_t *tables)
{
    for (int w = 0; w < 2; w++) {
        for (int i = 0; i < 9; i++) {
            tables[2 * (1 + i) + w] = value(0, i % 3, w) + value(1, i / 3, w);
            tables[2 * (10 + i) + w] = value(2, i % 3, w) + value(3, i / 3, w);
        }
        for (int i = 0; i < 3; i++)
            tables[2 * (19 + i) + w] = value(4, i, w);
    }
}

static mn_kernel_predict parameters(bool plain)
{
    mn_kernel_predict p = {};
    p.count = count;
    p.width = 1;
    p.node_count = nodes;
    p.plain = plain;
    p.lanes = 32;
    p.word_count = 2;
    p.table_count = 1;
    p.tiled = true;
    p.copies_log2 = plain ? 3 : -1;
    p.entry_count = entries;
    p.window_count = 2;
    p.output_count = 2;
    p.outputs_end[0] = 1;
    p.outputs_end[1] = 2;
    p.windows[0] = {0x02020202, 2};
    p.windows[1] = {0xffffff02, 4};
    p.groups[0] = {0x00000301, 1};
    p.groups[1] = {0x03010000, 10};
    p.groups[2] = {0x00000001, 19};
    return p;
}

struct arrays {
    uint8_t networks[(count * nodes + 15) / 16 * 16];
    uint64_t tables[2 * entries];
    int64_t columns[2][count];
    uint64_t first_bad;
};

/* The number of mistakes. */
static int run(const mn_plugin *plugin, mn_gpu *gpu, bool plain, arrays *a, arrays *device, uint64_t bad)
{
    mn_error error = {};
    mn_kernel_predict p = parameters(plain);
    p.networks = device->networks;
    p.tables = device->tables;
    p.first_bad = &device->first_bad;
    for (int w = 0; w < 2; w++) {
        p.outputs[w].column = device->columns[w];
        p.outputs[w].mask = UINT64_MAX;
        p.outputs[w].factor = 3;
        p.outputs[w].offset = static_cast<uint64_t>(-5);
    }
    a->first_bad = UINT64_MAX;
    if (plugin->upload(gpu, 0, device, a, sizeof *a, &error) || plugin->predict(gpu, 0, &p, &error) ||
        plugin->download(gpu, 0, a, device, sizeof *a, &error) || plugin->synchronise(gpu, 0, &error)) {
        fprintf(stderr, "%s; %s\n", error.text, simt::fault_message().c_str());
        return 1;
    }
    int wrong = a->first_bad != bad;
    for (int i = 0; i < count && wrong == 0; i++)
        for (int w = 0; w < 2 && static_cast<uint64_t>(i) != bad; w++) {
            uint64_t sum = 0;
            for (int node = 0; node < nodes; node++)
                sum += value(node, a->networks[i * nodes + node], w);
            wrong += a->columns[w][i] != static_cast<int64_t>(3 * sum - 5);
        }
    return wrong;
}

int main()
{
    static arrays a;
    const mn_plugin *plugin = mathnas_plugin();
    fill_tables(a.tables);
    for (int i = 0; i < count * nodes; i++)
        a.networks[i] = static_cast<uint8_t>(i * 7919 / 13 % blocks);
    int wrong = 0;
    for (uint64_t seed = 0; seed <= 2; seed++) {
        mn_error error = {};
        mn_gpu *gpu;
        void *memory;
        const mn_gpu_options options = {};
        simt::set_seed(seed);
        if (plugin->open(&options, &gpu, &error) || plugin->allocate(gpu, sizeof a, &memory, &error) || !memory) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        for (int plain = 0; plain < 2; plain++) {
            arrays *device = static_cast<arrays *>(memory);
            a.networks[7000 * nodes + 4] = 0;
            wrong += run(plugin, gpu, plain, &a, device, UINT64_MAX);
            a.networks[7000 * nodes + 4] = blocks;
            wrong += run(plugin, gpu, plain, &a, device, 7000);
        }
        plugin->close(gpu);
    }
    if (wrong)
        fprintf(stderr, "%d wrong\n", wrong);
    return wrong != 0;
}
