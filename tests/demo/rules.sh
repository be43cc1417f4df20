# SPDX-License-Identifier: GPL-2.0
# The firewall of the demo's router, for both families.
#
# Owns: the rules; they are the same in both runs but for the FASTTRACK line.
# Must not know: the traffic.
#
# Thirty rules, placed as on a router in use: in front of the pair what has to
# meet running connections as well (forged and unwanted addresses, accounting),
# behind it what decides about new ones. So a packet of a running connection
# meets the first dozen and the pair; nothing is put in front of the pair to
# make the slow path look slow.

# rules_front FAMILY LAN: what every packet of the slow path goes through.
rules_front()
{
	local lan=$2 net

	case $1 in
	4) set -- 0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 \
		192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 \
		240.0.0.0/4 ;;
	6) set -- ::1/128 ::/96 ::ffff:0:0/96 100::/64 \
		2001:db8::/32 3fff::/20 fec0::/10 ff00::/8 ;;
	esac
	for net; do
		echo "-A FORWARD -i wan -s $net -j DROP"
	done
	echo "-A FORWARD -i lan ! -s $lan -j DROP"
	echo "-A FORWARD -m conntrack --ctstate INVALID -j DROP"
	echo "-A FORWARD -i lan -s $lan -m comment --comment upload"
	echo "-A FORWARD -o lan -d $lan -m comment --comment download"
}

# rules_back FAMILY: who may open a connection.
rules_back()
{
	local out="-A FORWARD -i lan -o wan" port icmp=icmp

	[ "$1" = 4 ] || icmp=ipv6-icmp
	echo "$out -p tcp -m multiport --dports 135,137:139,445 -j DROP"
	echo "$out -p udp -m multiport --dports 135,137:139,445 -j DROP"
	echo "$out -p tcp --dport 25 -j REJECT"
	for port in 22 53 80 443 587 853 993 5201; do
		echo "$out -p tcp --dport $port -j ACCEPT"
	done
	for port in 53 123 443 5201 7777; do
		echo "$out -p udp --dport $port -j ACCEPT"
	done
	echo "-A FORWARD -p $icmp -m limit --limit 50/s -j ACCEPT"
	echo "-A FORWARD -j DROP"
}

# rules slow|fast FAMILY LAN: all of it, as iptables-restore reads it.
rules()
{
	local established="-m conntrack --ctstate ESTABLISHED,RELATED"

	echo "*nat"
	echo "-A POSTROUTING -o wan -j MASQUERADE"
	echo "COMMIT"
	echo "*filter"
	echo ":FORWARD DROP"
	rules_front "$2" "$3"
	[ "$1" = slow ] || echo "-A FORWARD $established -j FASTTRACK"
	echo "-A FORWARD $established -j ACCEPT"
	rules_back "$2"
	echo "COMMIT"
}

rules_in_front()
{
	rules_front 4 - | wc -l
}

# load_rules slow|fast NAMESPACE LAN4 LAN6
load_rules()
{
	rules "$1" 4 "$3" | in_ns "$2" iptables-$backend-restore -w &&
	rules "$1" 6 "$4" | in_ns "$2" ip6tables-$backend-restore -w
}
