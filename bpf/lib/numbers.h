/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers that others have assigned: EtherTypes, IP and PPP protocols, ports, header bits. */
#pragma once

/* EtherTypes, by the names of linux/if_ether.h where it has one. */
#define ETH_P_802_3_MIN	     0x0600 /* below: a length, and LLC follows */
#define ETH_P_IP	     0x0800
#define ETH_P_ERSPAN3	     0x22eb
#define ETH_P_TEB	     0x6558 /* Ethernet in GRE, Geneve */
#define ETH_P_8021Q	     0x8100
#define ETH_P_ARUBA	     0x8200 /* in GRE: 802.11, the low byte is the radio's */
#define ETH_P_IPV6	     0x86dd
#define ETH_P_PPP	     0x880b
#define ETH_P_WCCP	     0x883e
#define ETH_P_MPLS_UC	     0x8847
#define ETH_P_MPLS_MC	     0x8848
#define ETH_P_PPP_SES	     0x8864
#define ETH_P_8021AD	     0x88a8
#define ETH_P_ERSPAN	     0x88be
#define ETH_P_8021AH	     0x88e7
#define ETH_P_FABRICPATH     0x8903
#define ETH_P_CISCO_METADATA 0x8909
#define ETH_P_VNTAG	     0x8926
#define ETH_P_HSR	     0x892f
#define ETH_P_ETAG	     0x893f /* 802.1BR */
#define ETH_P_NSH	     0x894f
#define ETH_P_QINQ1	     0x9100
#define ETH_P_QINQ2	     0x9200

#define VLAN_ID		     0x0fff

#define PPP_IP		     0x0021
#define PPP_IPV6	     0x0057
#define PPP_MPLS	     0x0281

/* IP protocols and IPv6 extension headers. */
#define IPPROTO_HOPOPTS	 0
#define IPPROTO_ICMP	 1
#define IPPROTO_IGMP	 2
#define IPPROTO_IPIP	 4
#define IPPROTO_TCP	 6
#define IPPROTO_UDP	 17
#define IPPROTO_IPV6	 41
#define IPPROTO_ROUTING	 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_GRE	 47
#define IPPROTO_AH	 51
#define IPPROTO_ICMPV6	 58
#define IPPROTO_NONE	 59
#define IPPROTO_DSTOPTS	 60
#define IPPROTO_EIGRP	 88
#define IPPROTO_OSPF	 89
#define IPPROTO_PIM	 103
#define IPPROTO_VRRP	 112
#define IPPROTO_SCTP	 132
#define IPPROTO_MH	 135 /* mobility */
#define IPPROTO_MPLS	 137
#define IPPROTO_HIP	 139
#define IPPROTO_SHIM6	 140

#define IP_FRAGMENT	 0x3fff /* "more" and offset */
#define IP_OFFSET	 0x1fff
#define IP_MORE		 0x2000
#define IP_LEN_MAX	 0xffff
#define IP6_OFFSET	 0xfff8
#define IP6_MORE	 0x0001
#define IP6_OPT_JUMBO	 0xc2

#define TCP_FIN		 0x01
#define TCP_SYN		 0x02
#define TCP_RST		 0x04
#define TCP_ACK		 0x10

/* Messages that quote the packet that they are about. */
#define ICMP_UNREACHABLE      3
#define ICMP_SOURCE_QUENCH    4
#define ICMP_REDIRECT	      5
#define ICMP_TIME_EXCEEDED    11
#define ICMP_PARAMETER	      12
#define ICMPV6_UNREACHABLE    1
#define ICMPV6_PARAMETER      4 /* and all between */

#define ICMPV6_ROUTER_SOLICIT 133
#define ICMPV6_REDIRECT	      137

#define PORT_DNS	      53
#define PORT_DHCP	      67
#define PORT_NTP	      123
#define PORT_BGP	      179
#define PORT_DHCP6	      546
#define PORT_GTPU	      2152
#define PORT_GTP0	      3386
#define PORT_RDP	      3389
#define PORT_TEREDO	      3544
#define PORT_GRE	      4754
#define PORT_VXLAN	      4789
#define PORT_VXLAN_GPE	      4790
#define PORT_CAPWAP	      5247
#define PORT_MDNS	      5353
#define PORT_LLMNR	      5355
#define PORT_GENEVE	      6081
#define PORT_MPLS	      6635
#define PORT_VXLAN_LINUX      8472 /* before it was assigned one */
