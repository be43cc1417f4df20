# SPDX-License-Identifier: GPL-2.0
# A router between two hosts, with and without NAT, and its fast path rules.
#
#	client eth0 -------- lan router wan -------- eth0 server
#	    10.1.0.2      10.1.0.1   10.2.0.1      10.2.0.2
#	    fd01::2        fd01::1   fd02::1        fd02::2
#	                 (10.9.0.9 and fd09::9 are the server's by DNAT)
#
# Owns: namespaces, addresses, NAT rules, the FASTTRACK rule pair. Must not
# know: traffic (hosts.sh) and tests.
#
# FASTTRACK_SLOW=1 leaves the FASTTRACK rule out: then every script has to pass
# on a kernel without the modules, except for what it says about being fast.

here=$(dirname "${BASH_SOURCE[0]}")
slow=${FASTTRACK_SLOW:-}
backend=nft
client_mac=02:00:00:00:00:01
lan_mac=02:00:00:00:00:02
wan_mac=02:00:00:00:00:03
server_mac=02:00:00:00:00:04
NAT_KINDS="none snat dnat both"

# router_new: the topology above in $client, $router and $server.
router_new()
{
	ns_new client router server || return
	link_pair "$client" eth0 "$router" lan
	link_pair "$server" eth0 "$router" wan
	ip -n "$router" -batch - <<-END
		link set lan address $lan_mac
		link set wan address $wan_mac
		address add 10.1.0.1/24 dev lan
		address add fd01::1/64 dev lan nodad
		address add 10.2.0.1/24 dev wan
		address add fd02::1/64 dev wan nodad
	END
	host_setup "$client" $client_mac 10.1.0 fd01
	host_setup "$server" $server_mac 10.2.0 fd02
	modprobe -q nf_conntrack
	in_ns "$router" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 \
		net.netfilter.nf_conntrack_acct=1
	# A script before this one may have loaded br_netfilter, which asks
	# iptables about bridged frames in every namespace
	in_ns "$router" sysctl -eqw net.bridge.bridge-nf-call-iptables=0 \
		net.bridge.bridge-nf-call-ip6tables=0
}

# host_setup NAMESPACE MAC NET4 NET6: a host on eth0, whose way is the router.
host_setup()
{
	ip -n "$1" -batch - <<-END
		link set eth0 address $2
		address add $3.2/24 dev eth0
		address add $4::2/64 dev eth0 nodad
	END
	# Frames made by hand have none, and among next hops it has a say
	in_ns "$1" sysctl -qw net.ipv6.auto_flowlabels=0
	host_routes "$@"
}

host_routes()
{
	ip -n "$1" -batch - <<-END
		route replace default via $3.1
		route replace default via $4::1
	END
}

routes()
{
	host_routes "$client" "" 10.1.0 fd01
	host_routes "$server" "" 10.2.0 fd02
}

# second_way: another link of the router and the server, whose neighbours are
# known, so that no packet waits for them.
#
#	router wan2 -------- eth1 server
#	   10.3.0.1          10.3.0.2
#	    fd03::1          fd03::2
second_way()
{
	link_pair "$server" eth1 "$router" wan2
	addresses "$router" wan2 10.3.0.1/24 fd03::1/64
	addresses "$server" eth1 10.3.0.2/24 fd03::2/64
	in_ns "$server" sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.eth1.rp_filter=0
	in_ns "$router" sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.wan2.rp_filter=0 \
		net.ipv6.conf.all.keep_addr_on_down=1
	in_ns "$router" ping -q -c 1 -W 5 10.3.0.2 >/dev/null
	in_ns "$router" ping -q -c 1 -W 5 fd03::2 >/dev/null
}

# ipt ARG...: iptables of the router for both families, with $backend.
ipt()
{
	ipt4 "$@" && ipt6 "$@"
}

ipt4()
{
	in_ns "$router" "iptables-$backend" -w "$@"
}

ipt6()
{
	in_ns "$router" "ip6tables-$backend" -w "$@"
}

# ipt_restore FAMILY TABLE <RULES: many at once, which is a lot faster.
ipt_restore()
{
	local tool=iptables

	[ "$1" = 4 ] || tool=ip6tables
	{
		echo "*$2"
		cat
		echo COMMIT
	} | in_ns "$router" "$tool-$backend-restore" -w --noflush
}

# fasttrack_rule [-A|-I|-D]: the rule itself, nothing in slow mode.
fasttrack_rule()
{
	[ -n "$slow" ] || ipt "${1:--A}" FORWARD \
		-m conntrack --ctstate ESTABLISHED,RELATED -j FASTTRACK
}

# fasttrack_rules [FAMILY...]: the pair, and what a firewall has behind it: a
# packet that conntrack takes for INVALID is dropped, so a fast path that
# confuses conntrack is noticed.
fasttrack_rules()
{
	local family match="-m conntrack --ctstate"

	for family in ${*:-4 6}; do
		{
			[ -n "$slow" ] || echo \
			"-A FORWARD $match ESTABLISHED,RELATED -j FASTTRACK"
			echo "-A FORWARD $match ESTABLISHED,RELATED -j ACCEPT"
			echo "-A FORWARD $match INVALID -j DROP"
		} | ipt_restore "$family" filter || return
	done
}

# nat_rules: ports say what is translated, see flow_open.
nat_rules()
{
	local family proto to virtual

	for family in 4 6; do
		to=10.2.0.2 virtual=10.9.0.9
		[ $family = 4 ] || { to='[fd02::2]' virtual=fd09::9; }
		for proto in tcp udp; do
			cat <<-END
			-A POSTROUTING -o wan+ -p $proto -m multiport --dports 5002,5005,6004 -j MASQUERADE --to-ports 40000-49999
			-A PREROUTING -d $virtual -p $proto --dport 5003 -j DNAT --to-destination $to:6003
			-A PREROUTING -d $virtual -p $proto --dport 5004 -j DNAT --to-destination $to:6004
			END
		done | ipt_restore $family nat || return
	done
}

# flow_open NAME PROTO FAMILY NAT SPORT: a connection that gets that NAT (none,
# snat, dnat or both) by nat_rules.
flow_open()
{
	local src=10.1.0.2 srv=10.2.0.2 dst=10.2.0.2 virtual=10.9.0.9
	local port vport

	[ "$3" = 4 ] || { src=fd01::2 srv=fd02::2 dst=fd02::2 virtual=fd09::9; }
	case $4 in
	none) port=5001 vport=5001 ;;
	snat) port=5002 vport=5002 ;;
	dnat) port=5003 vport=6003 dst=$virtual ;;
	both) port=5004 vport=6004 dst=$virtual ;;
	esac
	hosts "$2" "$1" $src "$5" $dst $port $srv $vport
}

# ct_entries ARG...: conntrack -L of the router, entries only.
ct_entries()
{
	in_ns "$router" conntrack -L "$@" 2>/dev/null
}

# esp_seen: has the first tap seen ESP since it was cleared?
esp_seen()
{
	hosts protocol t1 50 && [ "$answer" -ge 1 ]
}

# last_word: with FASTTRACK_INGRESS=yes|no (see tests/vm/suite), did packets go
# fast at the hook that was asked for, and at no other? ktap_end asks.
last_word()
{
	local status fast ingress

	[ -n "${FASTTRACK_INGRESS:-}" ] && [ -z "$slow" ] || return 0
	status=$(in_ns "$router" ftctl -j status 2>/dev/null) || return 0
	fast=$(jq '.ipv4.packets + .ipv6.packets' <<< "$status")
	ingress=$(jq '."ingress-packets"' <<< "$status")
	diag "$fast packets went fast, $ingress of them at netdev ingress"
	case $FASTTRACK_INGRESS in
	yes) [ "$fast" -eq 0 ] || [ "$ingress" -gt 0 ] ;;
	no) [ "$ingress" -eq 0 ] ;;
	esac
}
