# SPDX-License-Identifier: GPL-2.0
# IPsec policies and states of the router, for what it sends to the server.
#
# Owns: keys, and the words of ip xfrm. Must not know: what a test proves with
# them. Comes after router.sh.

AUTH=0x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
ENC=0x0f0e0d0c0b0a09080706050403020100

names()
{
	if [ "$1" = 4 ]; then
		net=10.1.0.0/24 peer=10.2.0.2 from=10.2.0.1 host=32
	else
		net=fd01::/64 peer=fd02::2 from=fd02::1 host=128
	fi
}

# policy DIR SOURCE ACTION: block it, or let it through a tunnel to the server.
policy()
{
	local action=(action block)

	if [ "$3" = tunnel ]; then
		action=(tmpl src $from dst $peer proto esp mode tunnel)
	elif [ "$3" = transport ]; then
		action=(tmpl proto esp mode transport)
	fi
	ip -n "$router" xfrm policy add dir "$1" src "$2" dst $peer/$host \
		"${action[@]}"
}

# security_association MODE: with a key, so that packets leave as ESP.
security_association()
{
	ip -n "$router" xfrm state add src $from dst $peer proto esp \
		spi 0x1000 mode "$1" auth-trunc 'hmac(sha256)' $AUTH 128 \
		enc 'cbc(aes)' $ENC
}

no_ipsec()
{
	ip -n "$router" xfrm policy flush
	ip -n "$router" xfrm state flush
}
