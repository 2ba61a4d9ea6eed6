#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   apt-private.sh host-suite                     print the suite this machine runs
#   apt-private.sh SUITE ARCH|source update       fetch the indexes now
#   apt-private.sh SUITE ARCH|source get|cache .. apt-get, apt-cache (indexes of 6 h at most)
#   apt-private.sh SUITE ARCH fetch FOLDER PACKAGE...
#                                                 these packages' files and nothing else in FOLDER
# A private apt for any Debian suite and architecture, or for source packages.  It
# needs no root and leaves the machine's own apt alone; from that it takes only the
# way to the mirror (address, proxy, credentials).  It lives in .cache/apt/, and
# every index is verified with the machine's debian-archive-keyring.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${TRIVET_CACHE:-$root/.cache}
me=$(basename "$0")

die()
{
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

# The codename of the running system, as far as it is one we know.
host_suite()
{
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && printf '%s' "${ID:-}/${VERSION_CODENAME:-}")
	case $codename in
	debian/bookworm | debian/trixie)
		printf '%s\n' "${codename#debian/}" ;;
	debian/*)
		printf 'trixie\n' ;;
	*)
		die "this machine is not Debian ($codename); use Debian 12 or 13" ;;
	esac
}

# The mirror comes from the machine's own sources, asked of apt itself: it
# reads one-line .list files and deb822 .sources files alike.  The empty list
# folder makes it name every index it would fetch.  Other vendors use Debian's
# suite names too, so prefer what looks most like Debian; signatures decide.
machine_mirror()
{
	# shellcheck source=/dev/null
	own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-none}")
	mkdir -p "$dir/empty/partial"
	apt-get -o Dir::State::lists="$dir/empty" -o Debug::NoLocking=true \
		update --print-uris 2>/dev/null |
		sed -nE "s,^'(.*)/+dists/([^/]+)/main/(binary-|source/).*,\1 \2,p" |
		awk -v own="$own" '
			$1 ~ /^cdrom:/ { next }
			$2 == own { score[$1] += 4; ok[$1] = 1 }
			$2 ~ /^(old)*stable$|^testing$|^sid$|^unstable$/ { score[$1] += 2; ok[$1] = 1 }
			$2 == own "-updates" || $2 ~ /stable-updates$/ { score[$1] += 8 }
			$1 ~ /\/debian$/ { score[$1] += 16 }
			$1 in ok && score[$1] > top { top = score[$1]; best = $1 }
			END { if (best) print best }'
}

keyring()
{
	for k in /usr/share/keyrings/debian-archive-keyring.pgp \
		/usr/share/keyrings/debian-archive-keyring.gpg; do
		if [ -r "$k" ]; then
			printf '%s\n' "$k"
			return
		fi
	done
	die "no Debian archive keyring: apt-get install debian-archive-keyring"
}

# Settings given with -c are read after the machine's apt.conf.d, so they win.
write_config()
{
	mirror=$(machine_mirror)
	[ -n "$mirror" ] || die "found no Debian mirror (component main) in this machine's apt sources"
	key=$(keyring)

	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial" "$dir/etc/parts"
	: >"$dir/state/status"
	if [ "$arch" = source ]; then
		native=$(dpkg --print-architecture)
		printf 'deb-src [signed-by=%s] %s %s main\n' "$key" "$mirror" "$suite"
	else
		native=$arch
		printf 'deb [arch=%s signed-by=%s] %s %s main\n' "$arch" "$key" "$mirror" "$suite"
	fi >"$dir/etc/sources.list.new"
	# A changed mirror makes the old indexes useless.
	if ! cmp -s "$dir/etc/sources.list.new" "$dir/etc/sources.list"; then
		mv "$dir/etc/sources.list.new" "$dir/etc/sources.list"
		rm -f "$dir/updated"
	fi
	cat >"$dir/etc/apt.conf" <<-CONF
		#clear APT::Architectures;
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Pre-Invoke;
		#clear DPkg::Post-Invoke;
		APT::Architecture "$native";
		APT::Architectures { "$native"; };
		APT::Sandbox::User "root";
		APT::Get::AllowUnauthenticated "false";
		Acquire::Languages "none";
		Acquire::AllowInsecureRepositories "false";
		Acquire::Retries "3";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
		Dir::State "$dir/state";
		Dir::State::lists "$dir/state/lists";
		Dir::State::status "$dir/state/status";
		Dir::State::extended_states "$dir/state/extended_states";
		Dir::Cache "$dir/cache";
		Dir::Cache::archives "$dir/cache/archives";
		Dir::Etc::sourcelist "$dir/etc/sources.list";
		Dir::Etc::sourceparts "$dir/etc/parts";
		Dir::Etc::preferences "$dir/etc/preferences";
		Dir::Etc::preferencesparts "$dir/etc/parts";
		Dir::Log "$dir/state";
	CONF
}

explain_failure()
{
	cat "$dir/update.log" >&2
	if grep -qE "NO_PUBKEY|Missing key|couldn't be verified|is not signed" "$dir/update.log"; then
		die "this machine's debian-archive-keyring cannot verify suite $suite;
upgrade it first (Debian 12: 2023.3+deb12u2 or later):
    apt-get update && apt-get install --only-upgrade debian-archive-keyring"
	elif [ "$arch" = source ] && grep -qE '/source/|404' "$dir/update.log"; then
		die "this machine's mirror offers no source packages of suite $suite;
point its apt sources at a full Debian mirror"
	fi
	die "could not fetch the package indexes of $suite ($arch) from
    $mirror
is the network there, and is this a Debian mirror?"
}

update()
{
	printf '  APT     indexes of %s (%s)\n' "$suite" "$arch" >&2
	LC_ALL=C apt-get -c "$dir/etc/apt.conf" -qq --error-on=any update \
		>"$dir/update.log" 2>&1 || explain_failure
	touch "$dir/updated"
}

# The indexes may be older than the mirror's content: once more with new ones.
fetch() # folder package...
{
	folder=$1
	shift
	for again in yes no; do
		rm -rf "$folder" && mkdir -p "$folder"
		if (cd "$folder" && LC_ALL=C apt-get -c "$dir/etc/apt.conf" -qq download "$@") >&2; then
			return
		fi
		[ $again = no ] || update
	done
	die "could not get $* of suite $suite ($arch)"
}

[ "${1:-}" != host-suite ] || {
	host_suite
	exit 0
}
[ $# -ge 3 ] || die "usage: $me host-suite | SUITE ARCH update|get|cache|fetch [argument...]"
suite=$1 arch=$2 verb=$3
shift 3
case $suite$arch in *[!a-z0-9-]*) die "bad suite or architecture: $suite $arch" ;; esac

dir=$cache/apt/$suite-$arch
mkdir -p "$dir/etc"
exec 9>"$dir/lock"
flock 9
write_config
[ "$verb" != update ] || rm -f "$dir/updated"
[ -n "$(find "$dir/updated" -mmin -360 2>/dev/null)" ] || update

case $verb in
update) ;;
get) LC_ALL=C apt-get -c "$dir/etc/apt.conf" "$@" ;;
fetch) fetch "$@" ;;
cache) LC_ALL=C apt-cache -c "$dir/etc/apt.conf" "$@" ;;
*) die "unknown verb $verb" ;;
esac
