/* Finding and loading plugins. */
#ifndef MN_DEVICE_PLUGIN_LOAD_H
#define MN_DEVICE_PLUGIN_LOAD_H

#include "host/device/plugin.h"

/* Loads libmathnas_NAME.so: from `folder`, or when that is NULL from the folder that MATHNAS_PLUGINS names, the command's or library's own,
 * and lib/mathnas beside that one's parent (as it is installed). It stays loaded. MN_FAILURE says where it was looked for, or what is wrong with
 * it. */
mn_status mn_plugin_load(const char *name, const char *folder, const mn_plugin **plugin, mn_error *error);

#endif
