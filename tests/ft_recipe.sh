#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The RouterOS recipe that keeps IPsec out of FastTrack by a connection mark, as
# it is written there and carried over to iptables; and the rules without it.
# Either way what belongs into the tunnel goes there, both ways, and is not
# fast, while the connections beside it are.
#
#	                    tunnel 10.2.0.1 ==== 10.2.0.2
#	client eth0 ---- lan router wan -------- eth0 server lo
#	                               tap 1         10.8.0.1 fd08::1 by tunnel
#
# Covers HAZARDS 27.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/hosts.sh"
source "$(dirname "$0")/router.sh"
source "$(dirname "$0")/ipsec.sh"

IPSEC_MARK=0x1

# places FAMILY
places()
{
	names "$1"
	if [ "$1" = 4 ]; then
		own=10.1.0.2 beyond=10.8.0.1 version=-4
	else
		own=fd01::2 beyond=fd08::1 version=-6
	fi
}

# tunnel_of NAMESPACE DIRS SOURCE DESTINATION FROM TO: policies one way.
tunnel_of()
{
	local dir

	for dir in $2; do
		ip -n "$1" xfrm policy add dir "$dir" src "$3" dst "$4" \
			tmpl src "$5" dst "$6" proto esp mode tunnel || return
	done
}

# both_ends FAMILY: a tunnel between the client's network and an address behind
# the server.
both_ends()
{
	local ns

	places "$1"
	ip -n "$router" $version route replace $beyond/$host via $peer
	for ns in "$router" "$server"; do
		ip -n "$ns" xfrm state add src $from dst $peer proto esp \
			spi 0x1000 mode tunnel auth-trunc 'hmac(sha256)' \
			$AUTH 128 enc 'cbc(aes)' $ENC &&
		ip -n "$ns" xfrm state add src $peer dst $from proto esp \
			spi 0x2000 mode tunnel auth-trunc 'hmac(sha256)' \
			$AUTH 128 enc 'cbc(aes)' $ENC || return
	done
	tunnel_of "$router" out $net $beyond/$host $from $peer &&
	tunnel_of "$router" "in fwd" $beyond/$host $net $peer $from &&
	tunnel_of "$server" in $net $beyond/$host $from $peer &&
	tunnel_of "$server" out $beyond/$host $net $peer $from
}

# RouterOS:
#	/ip firewall mangle
#	add chain=forward ipsec-policy=out,ipsec action=mark-connection
#	    new-connection-mark=ipsec
#	add chain=forward ipsec-policy=in,ipsec action=mark-connection
#	    new-connection-mark=ipsec
#	/ip firewall filter
#	add chain=forward connection-state=established,related
#	    connection-mark=!ipsec action=fasttrack-connection
#	add chain=forward connection-state=established,related action=accept
recipe()
{
	cat <<-END | ipt_restore "$1" mangle || return
	-A FORWARD -m policy --dir out --pol ipsec -j CONNMARK --set-mark $IPSEC_MARK
	-A FORWARD -m policy --dir in --pol ipsec -j CONNMARK --set-mark $IPSEC_MARK
	END
	{
		[ -n "$slow" ] || echo \
		"-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED" \
		"-m connmark ! --mark $IPSEC_MARK -j FASTTRACK"
		echo "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED" \
			"-j ACCEPT"
		echo "-A FORWARD -m conntrack --ctstate INVALID -j DROP"
	} | ipt_restore "$1" filter
}

# in_tunnel PROTO: both ways, nothing in plaintext, nothing fast.
in_tunnel()
{
	local packets

	hosts clear
	hosts "$1" v $own $((sport += 1)) $beyond 5001 $beyond 5001 &&
	hosts send v b 30 400 && hosts send v b 30 400 && hosts settle || return
	hosts messages t1 v o && expect_equal "plaintext" "$answer" 0
	# Each of the client's packets, of which TCP may make fewer than messages
	hosts count t0 v o && packets=${answer% *} &&
	hosts count t0 v r && packets=$((packets + ${answer% *})) || return
	[ "$1" = tcp ] || expect "packets" [ "$packets" -ge 120 ]
	hosts protocol t1 50 && expect "ESP" [ "$answer" -ge "$packets" ]
	hosts_ask ft v && [[ $answer = active* ]] && fail "fast: $answer"
	ct_entries -f "ipv$family" -p "$1" --orig-port-src "$sport" |
		grep -q "mark=$2 " || fail "mark is not $2: $(ct_entries)"
	hosts close v
}

# The neighbour of the tunnel: an ordinary connection to the same machine.
beside_tunnel()
{
	hosts "$1" n $own $((sport += 1)) $peer 5001 $peer 5001 &&
	hosts arm 500 n && hosts measure n 30 400 t0 t1
	hosts close n
}

# with RULES MARK: connections through the tunnel have the mark.
with()
{
	local proto reason=0

	places "$family"
	"$1" "$family" || return
	hosts reason ipsec && reason=$answer
	for proto in tcp udp; do
		in_tunnel $proto "$2"
		beside_tunnel $proto
	done
	hosts reason ipsec
	[ -n "$slow" ] || if [ "$2" = 0 ]; then
		expect "reason ipsec" [ "$answer" -gt "$reason" ]
	else
		expect_equal "the engine was not asked" "$answer" "$reason"
	fi
	"ipt$family" -F FORWARD
	"ipt$family" -t mangle -F FORWARD
}

require ip conntrack iptables-nft
modprobe -aq esp4 esp6 xfrm_user xt_policy xt_connmark
router_new
addresses "$server" lo 10.8.0.1/32 fd08::1/128
hosts_start "$client" "$router" "$server"
hosts tap t0 r lan 0
hosts tap t1 r wan 1
sport=42000

ktap_plan 6
for family in 4 6; do
	ktap_test "tunnel, IPv$family" both_ends $family
	ktap_test "H27 RouterOS recipe, IPv$family" with recipe 1
	ktap_test "H27 without the recipe, IPv$family" with fasttrack_rules 0
done
ktap_end
