#!/usr/bin/env bash
# Measures Loop beside its peers, in one run: run-peers.sh micro|echo|http [label-regex]
#
# Prints the tables as Markdown: the driver's own, and what each server's CPU costs for a request, with the ratio to the first
# row. The servers, their load and the drivers are the peers' (their README says how to build them, once).
#   PEERS    their folder; default: ../shared/peers beside this repository
#   ROUNDS   how often everything is measured, one server after another; the median is printed (3)
#   DUR WARM JITWARM CONFIGS QUIET_WAIT …   as the drivers have them; here DUR=2 WARM=1 JITWARM=10
#   TSV      where the raw figures go; default: a new file, named at the end
set -euo pipefail
module=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kind=${1:-}
case $kind in
  micro) peers='^(Loop|asyncio|Node 24|Go|JDK25 virtual threads|Netty|floor)' ;;
  echo) peers='^(Loop|C epoll|Go net|JDK25 NIO Selector raw|Netty 4.2 NIO|Reactor Netty 1.3 NIO|Vert.x|Node 24|uvloop|asyncio)' ;;
  http) peers='^(Loop|C epoll|Go net|Netty 4.2 NIO|Reactor Netty 1.3 NIO|Vert.x|Node 24|aiohttp \+ asyncio)' ;;
  *) echo 'usage: run-peers.sh micro|echo|http [label-regex]' >&2; exit 2 ;;
esac
peers=${2:-$peers}
PEERS=$(cd -P "${PEERS:-$module/../../shared/peers}" 2>/dev/null && pwd) \
  || { echo "the peers are not there: set PEERS to their folder" >&2; exit 2; }
export PEERS
rounds=${ROUNDS:-3}
TSV=${TSV:-$(mktemp --suffix ".$kind.tsv")}

build() { # from the sources as they are now
  local log
  log=$(mktemp)
  (cd "$module/.." && mvn -q -B -ntp -Dmaven.test.skip=true -Dspotless.check.skip=true -pl loop-benchmarks -am package) >"$log" 2>&1 \
    || { cat "$log" >&2; rm -f "$log"; exit 1; }
  rm -f "$log"
}
[ -n "${NO_BUILD:-}" ] || build

EXTRA=$(mktemp)
trap 'rm -f "$EXTRA"' EXIT
"$module/peers-extra.sh" "$kind" >"$EXTRA"
export EXTRA OUT=$TSV CAL=${CAL:-0} DUR=${DUR:-2} WARM=${WARM:-1} JITWARM=${JITWARM:-10}

date -u +'%Y-%m-%d %H:%M UTC'
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo
if [ "$kind" = micro ]; then
  REPS=$rounds "$PEERS/run_micro.sh" "$peers"
else
  for ((round = 1; round <= rounds; round++)); do
    "$PEERS/run_$kind.sh" "$peers" >/dev/null || true # its exit code is that of the last server, which it has killed
  done
  python3 "$PEERS/median.py" "$kind" "$TSV"
  echo
  python3 "$module/ratios.py" "$kind" "$TSV"
fi
echo
echo "raw figures: $TSV"
