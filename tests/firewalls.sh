# SPDX-License-Identifier: GPL-2.0
# Rule sets in the way firewalld, ufw and Docker arrange theirs, for router.sh:
# the client is in their inner network (with Docker: a container on a bridge),
# the server outside.
#
#	all		from inside to outside, but not UDP port 5010
#	TCP 8080	from outside to the client; for IPv4 a port of the router's
#	the rest	dropped, or refused with ICMP
#
# Owns: the rules, and where in them FASTTRACK has its place, as
# Documentation/firewalls.rst tells users: with $fast set it is there. Must not
# know: what is sent. Comes after router.sh.

ESTABLISHED="-m conntrack --ctstate RELATED,ESTABLISHED"

# fasttrack_in CHAIN: the rule for the chain, if it is to be there.
fasttrack_in()
{
	[ -z "$fast" ] || echo "-A $1 $ESTABLISHED -j FASTTRACK"
}

# chains NAME...: declare them.
chains()
{
	printf ':%s - [0:0]\n' "$@"
}

# no_firewall: of neither family, no rule and no chain is left.
no_firewall()
{
	local tool table

	for tool in iptables ip6tables; do
		for table in nat mangle filter; do
			printf '*%s\nCOMMIT\n' $table
		done | in_ns "$router" "$tool-$backend-restore" -w
		in_ns "$router" "$tool-$backend" -w -P FORWARD ACCEPT
	done
	in_ns "$router" nft delete table inet firewalld 2>/dev/null
	return 0
}

# firewalld has tables of its own, by way of nftables, where x_tables' targets
# cannot be. Its direct rules are iptables', whose mangle table comes first with
# either of its back ends.
firewalld()
{
	fasttrack_in FORWARD | ipt_restore "$1" mangle &&
	firewalld_filter && firewalld_nat | in_ns "$router" nft -f -
}

firewalld_filter()
{
	in_ns "$router" nft -f - <<-END
	table inet firewalld {
		chain filter_PREROUTING {
			type filter hook prerouting priority filter + 10
			icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
			meta nfproto ipv6 fib saddr . mark . iif oif missing drop
		}
		chain filter_FORWARD {
			type filter hook forward priority filter + 10
			ct state { established, related } accept
			ct status dnat accept
			iifname "lo" accept
			jump filter_FORWARD_POLICIES
			ct state invalid drop
			reject with icmpx admin-prohibited
		}
		chain filter_FORWARD_POLICIES {
			iifname "lan" oifname "wan" jump filter_FWD_in_out
			iifname "wan" oifname "lan" jump filter_FWD_out_in
		}
		chain filter_FWD_in_out {
			udp dport 5010 reject
			ct state new accept
		}
		chain filter_FWD_out_in {
			meta nfproto ipv6 tcp dport 8080 accept
		}
	}
	END
}

firewalld_nat()
{
	cat <<-END
	table inet firewalld {
		chain nat_PREROUTING {
			type nat hook prerouting priority dstnat + 10
			iifname "wan" jump nat_PRE_external
		}
		chain nat_PRE_external {
			meta nfproto ipv4 tcp dport 8080 dnat ip to 10.1.0.2:8080
		}
		chain nat_POSTROUTING {
			type nat hook postrouting priority srcnat + 10
			oifname "wan" jump nat_POST_external
		}
		chain nat_POST_external {
			meta nfproto ipv4 masquerade
		}
	}
	END
}

# ufw: in before.rules and before6.rules, before the rule that accepts what is
# established.
ufw()
{
	ufw_filter "$1" | ipt_restore "$1" filter && "ipt$1" -P FORWARD DROP ||
		return
	[ "$1" = 6 ] || nat_of lan wan | ipt_restore 4 nat
}

ufw_filter()
{
	local icmp="icmp --icmp-type" to=10.1.0.2 name

	[ "$1" = 4 ] || { icmp="ipv6-icmp --icmpv6-type"; to=fd01::2; }
	chains ufw-{before-logging,before,after,after-logging,reject,track}-forward
	chains ufw-user-forward
	for name in before-logging before after after-logging reject track; do
		echo "-A FORWARD -j ufw-$name-forward"
	done
	fasttrack_in ufw-before-forward
	cat <<-END
	-A ufw-before-forward $ESTABLISHED -j ACCEPT
	-A ufw-before-forward -p $icmp destination-unreachable -j ACCEPT
	-A ufw-before-forward -p $icmp time-exceeded -j ACCEPT
	-A ufw-before-forward -p $icmp echo-request -j ACCEPT
	-A ufw-before-forward -j ufw-user-forward
	-A ufw-user-forward -p udp --dport 5010 -j REJECT
	-A ufw-user-forward -i lan -o wan -j ACCEPT
	-A ufw-user-forward -p tcp -d $to --dport 8080 -j ACCEPT
	END
}

nat_of()
{
	cat <<-END
	-A PREROUTING -i $2 -p tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:8080
	-A POSTROUTING -s 10.1.0.0/24 -o $2 -j MASQUERADE
	END
}

# Docker leaves a chain to the user, which comes first. IPv6 without NAT, as
# networks with gateway mode "routed" have it.
docker()
{
	docker_filter "$1" | ipt_restore "$1" filter &&
	"ipt$1" -P FORWARD DROP || return
	[ "$1" = 6 ] || docker_nat | ipt_restore 4 nat
}

docker_filter()
{
	local to=10.1.0.2

	[ "$1" = 4 ] || to=fd01::2
	chains DOCKER DOCKER-USER DOCKER-ISOLATION-STAGE-{1,2}
	cat <<-END
	-A FORWARD -j DOCKER-USER
	-A FORWARD -j DOCKER-ISOLATION-STAGE-1
	-A FORWARD -o docker0 $ESTABLISHED -j ACCEPT
	-A FORWARD -o docker0 -j DOCKER
	-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
	-A FORWARD -i docker0 -o docker0 -j ACCEPT
	-A DOCKER -d $to ! -i docker0 -o docker0 -p tcp --dport 8080 -j ACCEPT
	-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
	-A DOCKER-ISOLATION-STAGE-1 -j RETURN
	-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
	-A DOCKER-ISOLATION-STAGE-2 -j RETURN
	END
	fasttrack_in DOCKER-USER
	cat <<-END
	-A DOCKER-USER -i docker0 -p udp --dport 5010 -j REJECT
	-A DOCKER-USER -j RETURN
	END
}

docker_nat()
{
	chains DOCKER
	cat <<-END
	-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
	-A POSTROUTING -s 10.1.0.0/24 ! -o docker0 -j MASQUERADE
	-A DOCKER -i docker0 -j RETURN
	-A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:8080
	END
}

# docker_bridge: the client is a container, lan the other end of its device.
docker_bridge()
{
	ip -n "$router" -batch - <<-END || return
		address del 10.1.0.1/24 dev lan
		address del fd01::1/64 dev lan
		link add docker0 type bridge
		link set docker0 address $lan_mac up
		link set lan master docker0
		address add 10.1.0.1/24 dev docker0
		address add fd01::1/64 dev docker0 nodad
	END
	ip -n "$client" neigh flush all
}
