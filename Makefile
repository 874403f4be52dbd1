# mathnas. `make help` lists the targets; V=1 shows the commands.
#
# Sources are found by folder: whatever *.c lies in a room of the library is part of it. Objects go to $(BUILD); the sanitizer,
# fuzzing and aarch64 builds are the same rules in a folder of their own (build/asan and so on), reached by calling make again.

VERSION := 0.1.0
SONAME  := libmathnas.so.0

BUILD  ?= build
PREFIX ?= /usr/local

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
CFLAGS   ?= -O3 -g
WARNINGS ?= -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
WERROR   ?= -Werror
SANITIZE ?=
# For emulated kernels only, not for the emulator.
KERNEL_FLAGS ?=

# As many jobs as cores; -j on the command line comes first, and a make called by make shares its parent's.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
MAKEFLAGS += --no-print-directory --no-builtin-rules

sanitizers := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
compile    := $(CC) -std=gnu11 $(CFLAGS) $(WARNINGS) $(WERROR) -I. -D_GNU_SOURCE -DMATHNAS_VERSION='"$(VERSION)"' \
              -fvisibility=hidden -fPIC -pthread $(sanitizers) $(CPPFLAGS)
link       := $(CC) $(CFLAGS) -pthread $(sanitizers) $(LDFLAGS)
compile_cpp = $(CXX) -std=c++17 $(CFLAGS) $(WARNINGS) $(WERROR) -I. -D_GNU_SOURCE -DMATHNAS_VERSION='"$(VERSION)"' \
              -fvisibility=hidden -fPIC -pthread $(sanitizers) $(CPPFLAGS)
libraries  := -lyajl -lz -lm -ldl $(LDLIBS)

# The kernels, and the emulator that runs them on the processor (docs/cuda.md).
kernel_sources  := $(sort $(wildcard kernels/*.cu))
emulator_sources := $(sort $(wildcard kernels/simt/*.cpp))
have_cpp        := $(shell command -v $(CXX) 2>/dev/null)

library_sources := $(sort $(wildcard $(addsuffix /*.c,$(addprefix host/,core files device fit api) solver)))
command_sources := $(sort $(wildcard host/cli/*.c))
test_sources    := $(sort $(wildcard tests/test_*.c))
cpp_test_sources := $(sort $(wildcard tests/test_*.cpp))
test_kernels    := $(sort $(wildcard tests/simt/*.cu))
full_sources    := $(sort $(wildcard tests/full/test_*.c))
helper_sources  := $(sort $(wildcard tests/random_*.c) bench/families.c)
fuzz_sources    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
fuzz_helpers    := tests/random_table.c $(sort $(wildcard tests/random_question*.c))
bench_sources   := $(sort $(wildcard bench/bench_*.c))
bench_helpers   := $(sort $(filter-out $(bench_sources),$(wildcard bench/*.c)))

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
objects_cpp = $(patsubst %,$(BUILD)/obj/%.o,$(1))

static_library := $(BUILD)/libmathnas.a
shared_library := $(BUILD)/libmathnas.so
command        := $(if $(command_sources),$(BUILD)/mathnas)
emulator       := $(if $(have_cpp),$(BUILD)/libmathnas_simt.so)

# The GPU plugin, where nvcc is: code for one architecture, and PTX that a driver turns into code for later ones. `make cuda-all` holds code for
# every architecture that nvcc knows of these. Never built with sanitizers: those runs test the same sources under the emulator.
NVCC          ?= $(firstword $(shell command -v nvcc 2>/dev/null) $(wildcard /usr/local/cuda/bin/nvcc))
CUDA_ARCH     ?= 90
cuda_arches   := 75 80 86 89 90 100 103 110 120
cuda_known     = $(filter $(cuda_arches),$(patsubst compute_%,%,$(shell $(NVCC) --list-gpu-arch)))
cuda_code      = $(foreach arch,$(CUDA_ARCH),-gencode arch=compute_$(arch),code=sm_$(arch)) \
                 -gencode arch=compute_$(lastword $(CUDA_ARCH)),code=compute_$(lastword $(CUDA_ARCH))
compile_cuda   = $(NVCC) -std=c++17 -O3 -lineinfo -I. -Werror all-warnings $(cuda_code) \
                 -Xcompiler -Wall,-Wextra,-fPIC,-fvisibility=hidden,-pthread
gpu_plugin     = $(if $(SANITIZE),,$(if $(NVCC),$(BUILD)/libmathnas_cuda.so))

test_programs  := $(patsubst %.c,$(BUILD)/%,$(test_sources)) $(patsubst %.cpp,$(BUILD)/%,$(cpp_test_sources))
simt_programs  := $(patsubst tests/simt/%.cpp,$(BUILD)/%,$(sort $(wildcard tests/simt/run_*.cpp)))
cpp_programs   := $(patsubst %.cpp,$(BUILD)/%,$(cpp_test_sources))
full_programs  := $(patsubst %.c,$(BUILD)/%,$(full_sources))
bench_programs := $(patsubst %.c,$(BUILD)/%,$(bench_sources))
bench_kernels  := $(if $(have_cpp),$(patsubst %.cu,$(BUILD)/%,$(sort $(wildcard bench/bench_*.cu))))
fuzz_programs  := $(patsubst tests/%.c,$(BUILD)/%,$(fuzz_sources))

# Programs (or scripts) that are tests by their exit code.
command_tests := $(sort $(wildcard tests/cli/test_*))
tree_tests    := $(sort $(wildcard tests/test_*.sh tests/readme_example.sh))

# Replays of the fuzz targets, always from the address-sanitizer build.
replay_programs := $(patsubst tests/fuzz/fuzz_%.c,build/asan/replay/replay_%,$(fuzz_sources))

in_asan := BUILD=build/asan SANITIZE=address,undefined CFLAGS="-O1 -g"
in_tsan := BUILD=build/tsan SANITIZE=thread CFLAGS="-O1 -g"
in_fuzz := BUILD=build/fuzz SANITIZE=fuzzer-no-link,address,undefined CFLAGS="-O1 -g" CC=clang WARNINGS= WERROR=
# Emulated kernels under the sanitizers. The thread sanitizer watches the kernels alone; the emulator tells it what its barriers order.
in_simt_asan := BUILD=build/simt/asan SANITIZE=address,undefined CFLAGS="-O1 -g"
in_simt_tsan := BUILD=build/simt/tsan CFLAGS="-O1 -g" CXX=clang++ CPPFLAGS=-DMN_SIMT_THREAD_SANITIZER KERNEL_FLAGS=-fsanitize=thread \
                LDFLAGS=-fsanitize=thread
in_simt_msan := BUILD=build/simt/msan SANITIZE=memory CFLAGS="-O1 -g" CXX=clang++
in_cross = BUILD=build/aarch64 CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ \
           CPPFLAGS="-idirafter /usr/include -idirafter /usr/include/$(shell gcc -print-multiarch)"

say = @$(if $(V),:,printf '  %-7s %s\n' $(1) $(2))
run = $(if $(V),,@)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all cuda-all kernel-report gpu-check simt-programs simt-programs-here deps demo install uninstall clean test test-full test-asan run-tests test-tsan test-fresh fuzz fuzz-programs cross objects \
        lint format bench bench-peers bench-programs help FORCE

##@ Build and try
all: $(static_library) $(shared_library) $(command) $(emulator) $(gpu_plugin) ## library, command; kernels where g++ (emulated) and nvcc are (the default)

cuda-all: ## the GPU plugin with code for every architecture from sm_75 to sm_120 that nvcc knows
	@$(if $(NVCC),$(MAKE) CUDA_ARCH="$(cuda_known)" all,echo "make cuda-all: expected nvcc on PATH or in /usr/local/cuda/bin, found none" >&2; exit 1)

demo: ## exact answers on a published table, in under three minutes from a bare machine
	@.ci/deps.sh demo
	@$(MAKE) all
	@docs/demo.sh

deps: ## list and install what is missing (SETS="build demo test lint fuzz cross full" by default)
	@.ci/deps.sh $(SETS)

install: all ## install to PREFIX (/usr/local), below DESTDIR
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' BUILD='$(BUILD)' VERSION='$(VERSION)' .ci/install.sh install

uninstall: ## remove what install wrote
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' BUILD='$(BUILD)' VERSION='$(VERSION)' .ci/install.sh uninstall

clean: ## remove everything that was built
	rm -rf build

##@ Test
test: ## all tests that fit into ten minutes; the last line says how many passed and failed
	@.ci/deps.sh test
	@$(MAKE) all $(test_programs)
	@$(if $(replay_programs),$(MAKE) $(in_asan) $(replay_programs))
	@tests/run.sh $(BUILD) $(test_programs) $(command_tests) $(tree_tests) $(replay_programs)

test-full: ## the same and everything that takes longer
	@.ci/deps.sh test full
	@$(MAKE) all $(test_programs) $(full_programs)
	@$(if $(replay_programs),$(MAKE) $(in_asan) $(replay_programs))
	@MATHNAS_TEST_FULL=1 MATHNAS_REPLAY_MUTATIONS=400000 tests/run.sh $(BUILD) $(test_programs) $(full_programs) $(command_tests) $(tree_tests) \
	    $(sort $(wildcard tests/full/test_*.sh tests/full/test_*.py)) $(replay_programs)

test-asan: ## the Criterion suites and the command's tests with address and undefined-behaviour checks
	@.ci/deps.sh test
	@$(MAKE) $(in_asan) run-tests

run-tests: all $(test_programs)
	@MATHNAS_DATA=$(CURDIR)/data tests/run.sh $(BUILD) $(test_programs) $(command_tests)

test-tsan: ## the threaded parts under the thread sanitizer
	@.ci/deps.sh test
	@$(MAKE) $(in_tsan) build/tsan/tsan_main
	@tests/run_tsan.sh build/tsan/tsan_main

simt-programs: $(static_library)
	@$(MAKE) $(in_simt_asan) simt-programs-here
	@$(MAKE) $(in_simt_tsan) simt-programs-here
	@$(MAKE) $(in_simt_msan) simt-programs-here

simt-programs-here: $(simt_programs)

test-fresh: ## README's two commands in a bare Debian 12 made by debootstrap (as root)
	@tests/fresh_machine.sh

FUZZ_SECONDS ?= 30
fuzz: ## search for crashing inputs, FUZZ_SECONDS=30 for each reader (clang)
	@.ci/deps.sh build fuzz
	@$(MAKE) $(in_fuzz) fuzz-programs
	@tests/run_fuzz.sh $(FUZZ_SECONDS) $(patsubst tests/fuzz/%.c,build/fuzz/fuzz/%,$(fuzz_sources))

fuzz-programs: $(fuzz_programs)

cross: ## compile for aarch64, without linking: the JSON library is this machine's
	@.ci/deps.sh build cross
	@$(MAKE) $(in_cross) objects

objects: $(call objects,$(library_sources) $(command_sources)) \
         $(if $(have_cpp),$(call objects_cpp,$(kernel_sources) $(test_kernels) $(emulator_sources)))

lint: ## formatting and static checks; every finding is an error
	@.ci/deps.sh lint
	@.ci/lint.sh

format: ## rewrite the sources in the project's format
	@.ci/deps.sh lint
	@git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp' '*.cu' | xargs clang-format -i

##@ Measure
bench: ## every benchmark, or BENCH="solve scan" (each prints its own command); recorded results: bench/results
	@.ci/deps.sh build
	@$(MAKE) all bench-programs
	@for program in $(if $(BENCH),$(BENCH:%=$(BUILD)/bench/bench_%),$(bench_programs) $(bench_kernels)); do \
	    echo "== $$program"; $$program || exit 1; done
	@echo "== recorded results: bench/results/README.md"

bench-peers: ## solves and sweeps beside HiGHS, CBC and CP-SAT; rewrites bench/results/solve.md and sweep.md
	@bench/run_solve.sh
	@bench/run_sweep.sh

bench-programs: $(bench_programs) $(bench_kernels)

kernel-report: ## registers, shared memory, spills and stack of every kernel (ARCHES="90 120"; default: all); fails on a spill or a stack frame
	@NVCC='$(NVCC)' .ci/kernel_report.sh $(ARCHES)

gpu-check: ## on a GPU: build, parity, compute-sanitizer where it is, benchmarks; one summary in build/gpu-check
	@NVCC='$(NVCC)' BUILD='$(BUILD)' .ci/gpu_check.sh

##@ Other
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	      /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# ---- rules ------------------------------------------------------------------------------------------------------------------

# Rewritten only when the text changes, so that other flags, or a source that came or went, rebuild what depends on them.
remember = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' > $@

$(BUILD)/compile.flags: FORCE
	$(call remember,$(compile))
$(BUILD)/compile_cpp.flags: FORCE
	$(call remember,$(compile_cpp) $(KERNEL_FLAGS))
$(BUILD)/link.flags: FORCE
	$(call remember,$(link) $(libraries) $(kernel_sources) $(emulator_sources) $(library_sources) $(command_sources) $(helper_sources) $(bench_helpers))

$(BUILD)/obj/%.o: %.c $(BUILD)/compile.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(run)$(compile) -MMD -MP -c $< -o $@

# The same rule for the emulator's C++ and for kernels: without nvcc a .cu file is C++.
$(BUILD)/obj/%.cpp.o: %.cpp $(BUILD)/compile_cpp.flags
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(run)$(compile_cpp) -MMD -MP -c $< -o $@

$(BUILD)/obj/%.cu.o: %.cu $(BUILD)/compile_cpp.flags
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(run)$(compile_cpp) $(KERNEL_FLAGS) -MMD -MP -x c++ -c $< -o $@

$(BUILD)/compile_cuda.flags: FORCE
	$(call remember,$(compile_cuda))

$(BUILD)/obj/%.cuda.o: %.cu $(BUILD)/compile_cuda.flags
	$(call say,NVCC,$<)
	@mkdir -p $(@D)
	$(run)$(compile_cuda) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(BUILD)/libmathnas_cuda.so: $(patsubst %.cu,$(BUILD)/obj/%.cuda.o,$(kernel_sources)) $(BUILD)/link.flags
	$(call say,LD,$@)
	$(run)$(NVCC) -shared -cudart static $(cuda_code) $(filter %.o,$^) -o $@

$(BUILD)/libmathnas_simt.so: $(call objects_cpp,$(kernel_sources) $(emulator_sources)) $(BUILD)/link.flags
	$(call say,LD,$@)
	$(run)$(CXX) $(CFLAGS) -pthread $(sanitizers) $(LDFLAGS) -shared $(if $(SANITIZE),,-Wl,-z,defs) $(filter %.o,$^) -o $@

$(static_library): $(call objects,$(library_sources)) $(BUILD)/link.flags
	$(call say,AR,$@)
	@rm -f $@
	$(run)ar rcsD $@ $(filter %.o,$^)

# A sanitizer's run-time is found in the program only, hence no -z defs there.
$(shared_library): $(call objects,$(library_sources)) $(BUILD)/link.flags
	$(call say,LD,$@)
	$(run)$(link) -shared -Wl,-soname,$(SONAME) $(if $(SANITIZE),,-Wl,-z,defs) $(filter %.o,$^) $(libraries) -o $@
	@ln -sf $(@F) $(BUILD)/$(SONAME)

$(BUILD)/mathnas: $(call objects,$(command_sources)) $(static_library)
	$(call say,LD,$@)
	$(run)$(link) $(filter %.o,$^) $(static_library) $(libraries) -o $@

$(simt_programs): $(BUILD)/%: $(BUILD)/obj/tests/simt/%.cpp.o $(call objects_cpp,$(kernel_sources) $(test_kernels) $(emulator_sources))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(CXX) $(CFLAGS) -pthread $(sanitizers) $(LDFLAGS) $(filter %.o,$^) build/libmathnas.a $(libraries) -o $@

$(cpp_programs): $(BUILD)/%: $(BUILD)/obj/%.cpp.o $(call objects_cpp,$(kernel_sources) $(test_kernels) $(emulator_sources)) $(static_library)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(CXX) $(CFLAGS) -pthread $(sanitizers) $(LDFLAGS) $(filter %.o,$^) $(static_library) -lcriterion $(libraries) -o $@

$(filter-out $(cpp_programs),$(test_programs)) $(full_programs): $(BUILD)/%: $(BUILD)/obj/%.o $(call objects,$(helper_sources)) $(static_library)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(link) $(filter %.o,$^) $(static_library) -lcriterion $(libraries) -o $@

$(BUILD)/tsan_main: $(BUILD)/obj/tests/tsan_main.o $(call objects,bench/families.c) $(static_library)
	$(call say,LD,$@)
	$(run)$(link) $(filter %.o,$^) $(static_library) $(libraries) -o $@

$(BUILD)/replay/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(call objects,$(fuzz_helpers)) $(static_library)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(link) $(filter %.o,$^) $(static_library) $(libraries) -o $@

$(BUILD)/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(call objects,$(fuzz_helpers)) $(static_library)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(link) -fsanitize=fuzzer $(filter %.o,$^) $(static_library) $(libraries) -o $@

$(bench_programs): $(BUILD)/%: $(BUILD)/obj/%.o $(call objects,$(bench_helpers)) $(static_library)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(link) $(filter %.o,$^) $(static_library) $(libraries) -o $@

$(bench_kernels): $(BUILD)/%: $(BUILD)/obj/%.cu.o $(call objects_cpp,$(emulator_sources))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(run)$(CXX) $(CFLAGS) -pthread $(sanitizers) $(LDFLAGS) $(filter %.o,$^) -o $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
