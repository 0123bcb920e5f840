#!/usr/bin/env bash
# Prints our rows for the peers' drivers, to be put into a file that EXTRA names: peers-extra.sh micro|echo|http
# The JDK and the heap flags are the peers' own. PEERS is their folder; default: ../shared/peers beside this repository.
module=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PEERS=${PEERS:-$module/../../shared/peers}
[ -r "$PEERS/env.sh" ] || { echo "no env.sh in $PEERS: set PEERS to the folder of the peers" >&2; exit 2; }
jar=$module/target/benchmarks.jar
[ -r "$jar" ] || { echo "not built: mvn -pl loop-benchmarks -am -Dmaven.test.skip=true package" >&2; exit 2; }
. "$PEERS/env.sh"

opens='--add-opens java.base/java.lang=ALL-UNNAMED'
server="$JH/bin/java $JOPTS $opens -cp $jar dev.loop.benchmarks.peers"
case ${1:-} in
  # The heap of the peers' micro programs (run_micro.sh).
  micro) echo "Loop|$JH/bin/java -XX:+UseSerialGC -Xms512m -Xmx2g --enable-native-access=ALL-UNNAMED" \
    "--sun-misc-unsafe-memory-access=allow $opens -cp $jar dev.loop.benchmarks.peers.Micro" ;;
  echo) echo "Loop, coroutine per connection|1|$server.Echo @PORT@" ;;
  http)
    echo "Loop, Reactor Netty handler|1|$server.HttpHello @PORT@ rn"
    echo "Loop, coroutine handler|1|$server.HttpHello @PORT@ coro"
    ;;
  *) echo "usage: peers-extra.sh micro|echo|http" >&2; exit 2 ;;
esac
