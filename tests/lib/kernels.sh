# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian's kernels for tools/vmtest: fetched, and unpacked into $vm/VERSION.
# shellcheck disable=SC2154 # vm is the caller's

# Which Debian suite has which kernel: of the cloud flavour, which is small, or
# "-generic", which has the drivers of more devices.
declare -A suites=([6.1]=bookworm [6.12]=bookworm-backports
	[6.18]=trixie-backports [7.3]=trixie-backports
	[6.1-generic]=bookworm [6.12-generic]=bookworm-backports)

# Sources of SUITE, at the places this machine has its own from.
sources() { # SUITE
	local uri codename

	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | awk '$3 == "main"' |
		sort -u | while read -r uri codename _; do
		case $codename:$1 in
		*-*:*-backports) ;;
		*-security:*) echo "deb $uri $1-security main" ;;
		*-*:*) ;;
		*) echo "deb $uri $1 main" ;;
		esac
	done
}

# The newest of a kernel's packages, and, from 7.0 on, those that have what once
# was in it.
packages_of() { # VERSION APT_OPTIONS...
	local name flavour=cloud-amd64
	local of="linux-image-[0-9.]+([+][a-z0-9]+)?(-[0-9]+)?"

	[[ $1 != *-generic ]] || flavour=amd64
	name=$(apt-cache "${@:2}" pkgnames "linux-image-${1%-generic}." |
		grep -xE "$of-$flavour" | sort -V | tail -n 1)
	[ -n "$name" ] || return
	echo "$name"
	apt-cache "${@:2}" depends "$name" |
		sed -nE 's/^ *Depends: (linux-(binary|modules)-.*)/\1/p'
}

# Debian's packages of a kernel into build/vm/VERSION, by an apt root of its
# own: neither the machine's packages nor its lists are touched.
fetch() { # VERSION
	local apt dir packages

	mkdir -p "$vm/$1/apt"/{lists/partial,cache/archives/partial,parts} ||
		return 1
	dir=$(realpath "$vm/$1/apt")
	sources "${suites[$1]}" >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || {
		echo "no Debian mirror among this machine's apt sources"
		return 1
	}
	: >"$dir/status"
	apt=(-o "Dir::Etc::SourceList=$dir/sources.list"
		-o "Dir::Etc::SourceParts=$dir/parts"
		-o "Dir::State=$dir" -o "Dir::State::Lists=$dir/lists"
		-o "Dir::State::Status=$dir/status" -o "Dir::Cache=$dir/cache"
		-o APT::Sandbox::User= -o APT::Architecture=amd64
		-o Acquire::Languages=none -o Acquire::Retries=2)
	apt-get "${apt[@]}" -q update || return 1
	mapfile -t packages < <(packages_of "$1" "${apt[@]}")
	[ ${#packages[@]} -gt 0 ] || {
		echo "no linux-image of $1 in ${suites[$1]}"
		return 1
	}
	(cd "$vm/$1" && apt-get "${apt[@]}" -q download "${packages[@]}")
}

# The kernel and what of its modules is needed, unpacked, in build/vm/VERSION.
kernel() { # VERSION
	local dir=$vm/$1 deb release file

	[ -e "$dir/ready" ] && return
	rm -rf "$dir/root" "$dir/apt"
	mkdir -p "$dir"
	if ! ls "$dir"/*.deb >/dev/null 2>&1; then
		fetch "$1" >"$dir/fetch.log" 2>&1 || return 1
		rm -rf "$dir/apt"
	fi
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" >>"$dir/fetch.log" 2>&1 ||
			return 1
	done
	# Where /lib is a link to usr/lib, packages say usr/lib.
	[ -d "$dir/root/lib" ] || ln -s usr/lib "$dir/root/lib"
	release=$(ls "$dir/root/lib/modules") || return 1
	depmod -b "$dir/root" "$release" >>"$dir/fetch.log" 2>&1 || return 1
	# From 7.0 on it lies beside its modules.
	for file in "boot/vmlinuz-$release" "lib/modules/$release/vmlinuz"; do
		[ ! -e "$dir/root/$file" ] ||
			cp "$dir/root/$file" "$dir/vmlinuz"
	done
	[ -e "$dir/vmlinuz" ] && : >"$dir/ready"
}
