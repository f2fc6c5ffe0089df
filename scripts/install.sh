#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# install.sh BUILD PREFIX [DESTDIR]: installs a build under PREFIX, staged under DESTDIR if that is given.
set -eu
build=$1 prefix=$2 stage=${3:-}

case $prefix in
/*) ;;
*)
	echo "install: PREFIX is to be an absolute path, as /usr/local is; not \"$prefix\"" >&2
	exit 2
	;;
esac
case $stage in
'' | /*) ;;
*) stage=$PWD/$stage ;;
esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The unit names the program by its path, so another prefix is another build of that file.
if ! grep -qsxF "ExecStart=$prefix/bin/sluiced run /etc/sluice/sluice.yaml" "$build/drivers-config/sluiced.service"; then
	{ meson configure "$build" --prefix "$prefix" && ninja -C "$build"; } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
DESTDIR=$stage meson install -C "$build" --no-rebuild >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

# The pages lie beside drivers-config there, not in a directory next to it, and the sources are not there at all.
documents=$stage$prefix/share/doc/sluice
sed -i -e 's|](\.\./drivers-config/|](drivers-config/|g' -e 's|\[\([^]]*\)\](\.\./lib/[^)]*)|\1|g' "$documents"/*.md
sed -i 's|](\.\./docs/|](../|g' "$documents"/drivers-config/README.md
grep '^Installing' "$log" | sed 's/^Installing .* to /install: /' | sort -u
