package paper

// Isis is what the performance section of the 1987 paper says in words and in its
// table. Its figures 2 and 3 are drawings: what they show beyond that is not here.
type Isis struct {
	Paper string `json:"paper"`

	SiteLink     float64 `json:"site_link_ms"`      // one way from a process to the protocols process of its site
	NetLink      float64 `json:"net_link_ms"`       // one way of one packet between sites
	RemoteTotal  float64 `json:"remote_abcast_ms"`  // from an ABCAST to its delivery at a remote destination
	CausalHops   int     `json:"cbcast_messages"`   // between sites, one after the other
	TotalHops    int     `json:"abcast_messages"`   // the same
	BarrierHops  [2]int  `json:"gbcast_messages"`   // the same, least and most
	Packet       int     `json:"packet_bytes"`      // larger messages between sites are cut into these
	AsyncLoad    [2]int  `json:"async_load"`        // percent of the sender's processor, when it need not wait for another site
	WaitingLoad  [2]int  `json:"waiting_load"`      // the same, when it must
	OthersLoad   int     `json:"others_load"`       // at most, at sites that only receive
	RemoteCausal float64 `json:"remote_cbcast_ms"`  // computed here: the links alone, as the paper counts them
	RemoteLinks  float64 `json:"remote_abcast_sum"` // the same, for an ABCAST
}

// Then are the numbers of 1987.
func Then() Isis {
	i := Isis{
		Paper:    "Birman and Joseph, Exploiting Virtual Synchrony in Distributed Systems, SOSP 1987, section 7",
		SiteLink: 10, NetLink: 16, RemoteTotal: 70,
		CausalHops: 1, TotalHops: 3, BarrierHops: [2]int{3, 5}, Packet: 4 << 10,
		AsyncLoad: [2]int{95, 98}, WaitingLoad: [2]int{30, 35}, OthersLoad: 20,
	}
	i.RemoteCausal = 2*i.SiteLink + float64(i.CausalHops)*i.NetLink
	i.RemoteLinks = 2*i.SiteLink + float64(i.TotalHops)*i.NetLink
	return i
}
