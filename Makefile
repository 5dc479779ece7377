# Out-of-Band SHAKEN: test harness and reference simulator.
#
#   make demo      install what is missing, build, place a call, show its ladder
#   make test      install what is missing, build, run every test
#   make all check clean install
#
#   SAN=address|undefined  build and test with a sanitizer, in a tree of its own

SAN     ?=
O       := build$(if $(SAN),-$(SAN))
PREFIX  ?= /usr/local
PY      ?= /usr/bin/python3
CC      := gcc

CPPFLAGS += -I. -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -DHAVE_INTTYPES_H -DHAVE_STDBOOL_H -DHAVE_INET6 -MMD -MP
CFLAGS   ?= -O2 -g
CFLAGS   += -std=gnu17 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wpointer-arith -Wvla -Werror -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection -fPIE -fno-strict-aliasing
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
LIBS     := -ljansson -lcrypto -lssl -lcurl -lmicrohttpd -lgnutls -lre -lm
ifneq ($(SAN),)
CFLAGS   += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS  += -fsanitize=$(SAN)
endif

# libre's headers are used by lib/net only (design: one library, one place)
NET_CPPFLAGS := -isystem /usr/include/re

LIB_SRC  := $(wildcard lib/*/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(O)/%.o)
LIB      := $(O)/liboob.a

# program: the folder its sources are in
PROGRAMS := sti-pki:pki ref-as:ref-as ref-cps:ref-cps ref-vs:ref-vs \
            oob-switch:sim/switch oob-gateway:sim/gateway oobsim:sim/oobsim
# a folder without sources yet builds nothing
BINS     :=
define program
ifneq ($$(wildcard $(2)/*.c),)
BINS += $$(O)/bin/$(1)
$$(O)/bin/$(1): $$(patsubst %.c,$$(O)/%.o,$$(wildcard $(2)/*.c)) $$(LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endif
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(firstword $(subst :, ,$(p))),$(lastword $(subst :, ,$(p))))))

UNIT_SRC := $(wildcard tests/unit/*_test.c)
UNIT     := $(UNIT_SRC:%.c=$(O)/%)

.PHONY: all unit demo test check clean install deps deps-test
.DELETE_ON_ERROR:

all: $(BINS)

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(O)/lib/net/%.o: CPPFLAGS += $(NET_CPPFLAGS)

$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(O)/tests/unit/%_test: $(O)/tests/unit/%_test.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

unit: $(UNIT)
	@set -e; for t in $(UNIT); do echo "  UNIT $$t"; $$t; done

clean:
	rm -rf build build-address build-undefined

-include $(shell find $(O) -name '*.d' 2>/dev/null)
