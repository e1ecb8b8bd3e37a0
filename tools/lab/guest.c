// SPDX-License-Identifier: GPL-2.0
/* What a guest boots: where 'make guests' has put it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "vm.h"

static void read_release(struct guest *guest, const char *dir)
{
	char *path = path_join(dir, "release");
	FILE *in = fopen(path, "re");

	if (in && fgets(guest->release, sizeof(guest->release), in))
		guest->release[strcspn(guest->release, "\n")] = '\0';
	if (in)
		fclose(in);
	free(path);
}

/**
 * guest_find() - a guest kernel that 'make guests' unpacked
 * @guest: filled in
 * @host: knows where to look
 * @name: e.g. debian-6.1
 *
 * Return: 0; -1 after saying what is missing and what to do.
 */
int guest_find(struct guest *guest, const struct host *host, const char *name)
{
	char *dir = xasprintf("%s/build/guest/kernels/%s", host->topdir, name);
	int ret = 0;

	memset(guest, 0, sizeof(*guest));
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	/* The unpacked kernel boots by its PVH entry and saves the guest the unpacking */
	guest->vmlinuz = path_join(dir, "vmlinux");
	if (access(guest->vmlinuz, R_OK)) {
		free(guest->vmlinuz);
		guest->vmlinuz = path_join(dir, "vmlinuz");
	}
	guest->initramfs = xasprintf("%s/build/guest/initramfs/%s.cpio", host->topdir, name);
	read_release(guest, dir);
	if (access(guest->vmlinuz, R_OK) || access(guest->initramfs, R_OK)) {
		warn_line("guest kernel %s is not there: run 'make guests', or give --kernel and --modules",
			  name);
		guest_free(guest);
		ret = -1;
	}
	free(dir);
	return ret;
}

/**
 * guest_free() - give back what guest_find() found
 * @guest: not to be used again
 */
void guest_free(struct guest *guest)
{
	free(guest->vmlinuz);
	free(guest->initramfs);
	guest->vmlinuz = NULL;
	guest->initramfs = NULL;
}
