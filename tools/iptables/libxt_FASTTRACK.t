:FORWARD
*filter
-j FASTTRACK;=;OK
-p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j FASTTRACK;=;OK
-m connmark --mark 0x1 -j FASTTRACK;=;OK
-j FASTTRACK --flags 1;;FAIL
*mangle
-j FASTTRACK;=;OK
