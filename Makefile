# Out-of-Band SHAKEN: test harness and reference simulator.
#
#   make demo      install what is missing, build, place a call, show its ladder
#   make test      install what is missing, build, run every test
#   make check     layout, static analysis, our own rules
#   make all unit fuzz clean install
#
#   SAN=address|undefined   build and test with a sanitizer, in a tree of its own
#   V=1                     show the commands

SAN     ?=
O       := build$(if $(SAN),-$(SAN))
PREFIX  ?= /usr/local
DESTDIR ?=
PYTHON  ?= /usr/bin/python3
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
CC      := gcc
Q       := $(if $(V),,@)

CPPFLAGS += -I. -D_GNU_SOURCE -DHAVE_INTTYPES_H -DHAVE_STDBOOL_H -DHAVE_INET6 -MMD -MP
OPT      ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wpointer-arith -Wvla -Werror
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
CFLAGS   := $(OPT) -std=gnu17 -fno-strict-aliasing -fvisibility=hidden $(WARN) $(HARDEN)
LDFLAGS  := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LIBS     := -ljansson -lcrypto -lssl -lcurl -lmicrohttpd -lgnutls -lre -lm
ifneq ($(SAN),)
# what the sanitizers put in makes gcc see truncation where there is none
CFLAGS   := -O1 -g -std=gnu17 -fno-strict-aliasing -fvisibility=hidden $(WARN) -Wno-format-truncation -fPIE \
            -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS  += -fsanitize=$(SAN)
endif

LIB_SRC  := $(wildcard lib/*/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(O)/%.o)
LIB      := $(O)/liboob.a

# program:folder of its sources
PROGRAMS := sti-pki:pki ref-as:ref-as ref-cps:ref-cps ref-vs:ref-vs \
            oob-switch:sim/switch oob-gateway:sim/gateway oobsim:sim/oobsim
# a folder without sources builds nothing
define program
ifneq ($$(wildcard $(2)/*.c),)
BINS += $$(O)/bin/$(1)
$$(O)/bin/$(1): $$(patsubst %.c,$$(O)/%.o,$$(wildcard $(2)/*.c $(2)/*/*.c)) $$(LIB)
	@mkdir -p $$(@D)
	@echo "  LD    $$@"
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endif
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(firstword $(subst :, ,$(p))),$(lastword $(subst :, ,$(p))))))

UNIT     := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*_test.c))
TOOLS    := $(patsubst %.c,$(O)/%,$(wildcard tests/tools/*.c))
# each fuzz target twice: with a plain main that replays its corpus (make test), and with libFuzzer (make fuzz)
REPLAY   := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$(O)/libfuzzer/%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_SECONDS ?= 20

.PHONY: all tests unit demo test check lint clean install fuzz
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BINS)

tests: $(UNIT) $(TOOLS) $(REPLAY)

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

# libre's headers are seen by lib/net alone
$(O)/lib/net/%.o: CPPFLAGS += -isystem /usr/include/re

$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(O)/tests/fuzz/%_fuzz: $(O)/tests/fuzz/%_fuzz.o $(O)/tests/fuzz/replay.o $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(UNIT) $(TOOLS): $(O)/%: $(O)/%.o $(LIB)
	@echo "  LD    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/libfuzzer/%: tests/fuzz/%.c $(LIB_SRC)
	@mkdir -p $(@D)
	clang $(CPPFLAGS) -isystem /usr/include/re -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

unit: $(UNIT)
	@set -e; for t in $(UNIT); do $$t; done

demo:
	@.ci/deps demo
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(O)/bin/oobsim run A1 --ladder

# PYTEST=… picks tests or options: make test PYTEST='-k a1 -x'
test:
	@.ci/deps test
	@$(MAKE) --no-print-directory -j$(JOBS) all tests
	OOB_BIN=$(O)/bin OOB_TOOLS=$(O)/tests/tools OOB_UNIT=$(O)/tests/unit OOB_FUZZ=$(O)/tests/fuzz \
	$(PYTHON) -m pytest -q -n $(JOBS) --timeout 120 -p no:cacheprovider tests $(PYTEST)

SOURCES := $(wildcard lib/*/*.[ch] pki/*.[ch] ref-*/*.[ch] sim/*/*.[ch] sim/*/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.c tests/tools/*.c)

# uninitvar: cppcheck does not read the list macros of uthash; gcc and clang-tidy look after that
check:
	@.ci/deps check
	clang-format --dry-run -Werror $(SOURCES)
	$(PYTHON) tests/lint.py
	cppcheck --quiet --std=c11 --language=c -j$(JOBS) --error-exitcode=1 --inline-suppr \
	  --enable=warning,performance,portability --suppress=missingIncludeSystem \
	  --suppress=normalCheckLevelMaxBranches --suppress=uninitvar -D__GNUC__ -I. $(filter %.c,$(filter-out tests/%,$(SOURCES)))
	printf '%s\n' $(filter %.c,$(filter-out tests/%,$(SOURCES))) | \
	  xargs -P$(JOBS) -n1 sh -c 'clang-tidy --quiet "$$@" -- $(filter-out -MMD -MP,$(CPPFLAGS)) -std=gnu17 -isystem /usr/include/re' tidy

fuzz:
	@.ci/deps check
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ)
	@set -e; for f in $(FUZZ); do n=$$(basename $$f _fuzz); echo "  FUZZ  $$n"; mkdir -p $(O)/corpus/$$n; \
	  $$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 $(O)/corpus/$$n tests/fuzz/corpus/$$n; done

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/oobsim
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	cp -r scenarios $(DESTDIR)$(PREFIX)/share/oobsim/

clean:
	rm -rf build build-address build-undefined

-include $(shell find $(O) -name '*.d' 2>/dev/null)
