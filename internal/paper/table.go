package paper

// Row is one line of the paper's Table I, and what does the same in Cohort.
type Row struct {
	Tool string `json:"tool"` // in 1987
	Isis string `json:"isis"` // what it took then, in multicasts
	Now  string `json:"now"`  // what does it in Cohort
	Step string `json:"step"` // what of that was counted
	// Frames and Messages are what all sites write for the step, in a group of
	// three: frames, and the messages in them by kind.
	Frames   int            `json:"frames"`
	Messages map[string]int `json:"messages"`
}

// line is a Row that is not counted yet.
type line struct {
	tool, isis, now string
	step            step
}

// tableI is the paper's table, in its order. Where Cohort does in two ways what
// was one, or the paper names two, there are two lines.
var tableI = []line{
	{"mcast", "see figure 2", "Call with Causal; own reply wanted", callOwn},
	{"mcast, all replies", "see figure 2", "Call with Total and All", callAll},
	{"reply", "1 async CBCAST to 1", "Request.Reply; counted with a question to one process", callMember},
	{"reply_cc", "1 async CBCAST", "Request.ReplyCopy; counted with its question", callCopy},
	{"pg_create", "1 local RPC", "Join of a name that there is not: an entry of the log", create},
	{"pg_lookup", "1 local RPC, perhaps 1 CBCAST and 1 reply", "Lookup: every site has the log", nothing},
	{"pg_addmember", "1 GBCAST", "part of Join", join},
	{"pg_leave", "1 GBCAST", "Leave", leave},
	{"pg_join", "1 CBCAST, 1 pg_addmember, 1 reply", "Join", join},
	{"pg_kill", "1 ABCAST", "a Total cast", total},
	{"pg_monitor", "1 local RPC for each change", "GroupConfig.OnView: a call in the process", nothing},
	{"pg_msg_verify, pg_join_verify", "no cost", "GroupConfig.Filters: a call in the process", nothing},
	{"join_and_xfer", "1 pg_join and 1 TCP transfer", "Join with a State", join},
	{"coord_cohort", "1 CBCAST and 1 reply", "Call with Causal, one member answers", callOwn},
	{"update", "1 async CBCAST", "a Causal cast", causal},
	{"update", "or 1 ABCAST", "a Total cast", total},
	{"", "", "the same, of the member that gives out the order", oldest},
	{"read, by a manager", "no cost", "Peek, or Read, which is linearizable", read},
	{"read, by another client", "1 CBCAST and 1 reply", "Client.Call", callClient},
	{"P", "1 ABCAST, all replies", "Call with Total and All", callAll},
	{"V", "1 async CBCAST", "a Causal cast", causal},
	{"conf_update", "1 GBCAST", "a Barrier cast", barrier},
	{"conf_read", "no cost", "Peek", nothing},
	{"subscribe", "1 local RPC for each posting", "GroupConfig.Handlers: a call in the process", nothing},
	{"post_news", "1 async CBCAST", "a Causal cast", causal},
	{"post_news", "or 1 ABCAST", "a Total cast", total},
}

// Table counts what the lines of Table I take today.
func Table() ([]Row, error) {
	var rows []Row
	for _, l := range tableI {
		t, err := l.step.count(countedMembers)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Row{l.tool, l.isis, l.now, l.step.name, t.Frames, t.Messages})
	}
	return rows, nil
}
