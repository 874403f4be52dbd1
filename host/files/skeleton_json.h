/* "network": the macro skeleton of a space (host/core/skeleton.h).
 *
 *     {"kind": "cells", "input": {"channels", "pixels"}, "classes", "stem": {"kernel", "channels"},
 *      "stages": [{"channels", "pixels", "cells"}], "cell": {"vertices", "edges": [[from, to], ...]},
 *      "reduction": {"kernel", "convolutions", "shortcut_pool", "shortcut_kernel"}, "head": {"pool": "average"}}
 *     {"kind": "layers", "input", "classes", "stem", "stages": [{"channels", "pixels", "layers", "stride"}],
 *      "head": {"kernel", "channels", "pool": "average"}}
 *
 * With "cell" alone only the cell's graph is known; it may have "strides": true, for cells that stride by their edges from vertex 0. A network without "kind" is another tool's: it stays text. */
#ifndef MN_FILES_SKELETON_JSON_H
#define MN_FILES_SKELETON_JSON_H

#include "host/files/table_reader.h"

/* Reads `network`, an object, into table->skeleton; the table's nodes are read. */
mn_status mn_skeleton_read(const mn_json_document *document, const mn_json *network, mn_table *table);

#endif
