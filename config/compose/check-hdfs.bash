#!/usr/bin/env bash
# Health of HDFS as its NameNode reports it, without curl, which the image may lack.
#   check-hdfs.bash namenode   the NameNode answers
#   check-hdfs.bash datanode   it has left safe mode and at least one DataNode is alive
set -eu

exec 3<> /dev/tcp/namenode/9870
printf 'GET %s HTTP/1.0\r\nHost: namenode\r\n\r\n' \
  '/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState' >&3
state=$(cat <&3)

case ${1:?namenode or datanode} in
  namenode) [[ $state == *'"FSState"'* ]] ;;
  datanode) [[ $state =~ '"FSState" : "Operational"' && $state =~ '"NumLiveDataNodes" : '[1-9] ]] ;;
  *) exit 2 ;;
esac
