/* A PKI that is kept from one world to the next: what was provisioned once stays good. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/oobsim/world/world.h"

/* It is of a world at the same place, or its URLs lead nowhere */
static int check_place(const struct world *w, const char *base_url, struct err *e)
{
	char path[PATH_MAX];
	const char *url;
	json_t *v;
	int err = 0;

	world_path(w, path, "pki/pki.json");
	v = json_load_file(path, 0, NULL);
	url = json_string_value(json_object_get(v, "base_url"));
	if (!url || strcmp(url, base_url) != 0)
		err = err_set(
			e, EINVAL,
			"--pki: %s: expected a PKI at %s, got one at %s: a kept PKI wants the "
			"same --listen and --world",
			w->pki, base_url, url ? url : "another place");
	json_decref(v);
	return err;
}

int world_pki_keep(const struct world *w, const char *base_url, bool *ret_there, struct err *e)
{
	char real[PATH_MAX], path[PATH_MAX];

	*ret_there = false;
	if (!w->pki)
		return 0;
	world_path(w, path, "pki");
	if ((mkdir(w->pki, 0700) && errno != EEXIST) || !realpath(w->pki, real) ||
	    symlink(real, path))
		return err_set(e, errno, "--pki: %s: %s", w->pki, strerror(errno));
	world_path(w, path, "pki/pki.json");
	*ret_there = access(path, R_OK) == 0;
	return *ret_there ? check_place(w, base_url, e) : 0;
}

bool world_pki_has_tls(const struct world *w, const char *name)
{
	char path[PATH_MAX];

	world_path(w, path, "pki/tls/%s.pem", name);
	return access(path, R_OK) == 0;
}
