package check

// Property is one promise of Cohort.
type Property struct {
	ID      string
	Name    string
	Promise string // one sentence

	judge func(*run, *verdict)
}

// Properties lists all promises that are judged, in the order of reports.
func Properties() []Property { return append([]Property(nil), properties...) }

var properties = []Property{
	{"W1", "Well-formed trace", "The trace makes sense: every fact names a process of its site, numbers grow, and nothing follows the end of a site.", judgeWellFormed},

	{"M1", "Self inclusion", "A site or process is a member of every view it installs.", judgeSelfInclusion},
	{"M2", "Local monotonicity", "The views a site or process installs, and the log entries a site applies, have growing numbers.", judgeMonotonicity},
	{"M3", "Initial view event", "A process does something in a group only between its first view of it and its leave.", judgeInitialView},
	{"M4", "View identity", "Two views with the same number are the same view, wherever they are installed.", judgeViewIdentity},
	{"M5", "Primary component", "Site views form one sequence, and each was accepted by a majority of the one before.", judgePrimary},
	{"M6", "Quorum base", "Only members of a site view vote on its successor.", judgeQuorumBase},
	{"M7", "No resurrection", "A site that was removed never comes back and is never delivered from again.", judgeResurrection},
	{"M8", "Identity uniqueness", "A site number is used by one run of one node, and a view holds one incarnation of a node.", judgeIdentity},
	{"M9", "No unilateral exclusion", "A site is removed only when it left or when a member that is named as accuser suspected it.", judgeExclusion},
	{"M10", "Group view determinism", "Group views follow from the log: the log is the same at all sites, and a group view is installed after its entry, has the members the log made, and holds only processes of sites in the site view.", judgeDeterminism},
	{"M11", "Seniority order", "Survivors keep their relative rank and joiners come after them, in the order of the log; who takes the place of another has its rank.", judgeSeniority},
	{"M12", "Agreement on successors", "Two members that install the same two views install them one after the other, or neither does.", judgeSuccessors},
	{"M13", "Votes of the dead", "A site votes for another only if that one is dead and ran on its machine, of which it is the oldest voter that lives.", judgeHeirs},
	{"M14", "Least weight", "A site view that excludes somebody weighs at least what a member of it demands.", judgeLeast},
	{"M15", "Certain evidence", "Who is suspected of a crash, or removed for one, has ended.", judgeCertainty},

	{"V1", "Delivery integrity", "What is delivered was sent, as it is delivered, by a member of the view.", judgeIntegrity},
	{"V2", "No duplication", "No process is delivered a cast twice, and what is called a duplicate is one.", judgeDuplication},
	{"V3", "Same view delivery", "All who are delivered a cast are in the same view when they are.", judgeSameView},
	{"V4", "Sending view delivery", "A cast is delivered in the view in which its sender was when it sent it.", judgeSendingView},
	{"V5", "Virtual synchrony", "Members that go from one view to the next together were delivered the same casts in the first.", judgeSynchrony},
	{"V6", "Transitional set", "A view names as moved exactly the members that came to it from the same previous view.", judgeMoved},
	{"V7", "Cut respect", "Members that go on together have the same cut and are delivered exactly what it holds, but for what was dropped.", judgeCut},
	{"V8", "Flush primitive", "When a flush call is answered, every member holds what the caller had cast or been delivered; when a member has left as it wished, what it had cast.", judgeFlushPrimitive},
	{"V9", "Block discipline", "A process that was blocked in a view sends nothing more in it.", judgeBlock},
	{"V10", "Self delivery", "A process that goes on to the next view was delivered all it sent in the last.", judgeSelfDelivery},
	{"V11", "Obsolete sender silence", "Nothing is delivered from a sender that is not in the receiver's view any more.", judgeSilence},

	{"O1", "FIFO", "Casts of one sender in one view are delivered in the order sent, without gaps; a member's calls are sent in the order made.", judgeFIFO},
	{"O2", "Causal order", "A Causal or Total cast is never delivered before one that its sender had been delivered first.", judgeCausal},
	{"O3", "Causal completeness", "Who is delivered a Causal or Total cast is delivered all that its sender had been delivered first.", judgeComplete},
	{"O4", "Causal order across groups", "Nothing of a group is delivered after a Causal, Total or Barrier cast of another group, or a cast to a list, whose sender knew of it or of a later view: by a delivery, by an answer, or because it had itself cast it there before, as a member and with Causal.", judgeAcross},
	{"O5", "Total order", "Total casts have the same positions at all survivors and are delivered by position, without gaps but for what was lost with a dead sender.", judgeTotal},
	{"O6", "Total is FIFO and causal", "Total casts are delivered in an order that respects FIFO and causality among them.", judgeTotalCausal},
	{"O7", "One order of lists", "In every group, and to every process, casts to lists of destinations are delivered in one order.", judgeListOrder},
	{"O8", "Barrier order", "Barrier casts come after all other casts of their view, by rank and number, and everybody was delivered the same before them.", judgeBarrier},
	{"O9", "Uniform positions", "The position of a safe Total cast is the same for survivors as for who crashed after delivering it.", judgeUniformPositions},
	{"O10", "Causal completeness across groups", "Who is delivered a conservative cast has been delivered all that its sender had seen, when it was made, of the views it is in or went on from, but for what was lost before it was sent.", judgeStrong},
	{"O11", "All of a list or nothing", "A cast to a list is delivered, once, to all its destinations or to none, as its sender is told; members that go on together are given the same.", judgeListAtomicity},
	{"O12", "Causal order of lists", "A Causal, Total or Barrier cast is delivered after every cast to a list that its sender had been delivered before, or told that its own has a number.", judgeListCausality},
	{"O13", "One sequencer", "In a view one member orders Total casts at a time: at first the oldest ready member, then whoever the last gave the order to, once it has taken it.", judgeSequencer},

	{"U1", "Uniform agreement", "A safe cast delivered by anybody is delivered by all who install the next view.", judgeUniform},
	{"U2", "Safe prefix", "When a safe cast is delivered, every member that is not known to leave the view holds it and what it depends on.", judgeSafePrefix},
	{"U3", "Excluded process containment", "An excluded process is delivered no safe cast that survivors are not.", judgeContainment},
	{"U4", "Lease safety", "No linearizable read ends at a site after it was removed from the site view.", judgeLease},
	{"U5", "Linearizable reads", "A linearizable read sees every safe cast and every Barrier cast that anybody had been delivered before it began, and nothing that was not sent before it ended.", judgeReads},

	{"T1", "Transfer at the cut", "A joiner's state is the donor's state after exactly the casts its counts name.", judgeTransferCut},
	{"T2", "No gap, no overlap", "A joiner takes one state, the one captured for it, not older than its first view.", judgeTransferGap},
	{"T3", "Joiner visibility", "A member that does not hold the state yet answers no calls.", judgeVisibility},
	{"T4", "Donor fail-over", "A state that a survivor took from a donor that failed has nothing that the survivors were not delivered.", judgeFailover},
	{"T5", "Recovered donor", "Only a member that holds the state gives it, and only one that loaded it is called ready.", judgeDonor},

	{"R1", "One outcome per member", "A call counts every member once, with what the member answered, and ends when it has enough or all have answered, and says which.", judgeOutcomes},
	{"R2", "Failure only from views", "A call counts a member as failed only after a view without it, or, from outside, after the log entry that ended its membership; it is lost only with its group, and what became of it is unknown to a member only when that leaves.", judgeFailures},
	{"R3", "Call termination", "A call ends once, and in the end every call ends.", judgeCallEnd},
	{"R4", "One carrying out", "The replies that a call counts were all given to one delivery of its request, in one view.", judgeOneDelivery},
	{"R5", "Copy first", "An answer with a copy goes to its caller only when every member holds the copy and what that depends on: whoever goes on is delivered it.", judgeCopies},

	{"C1", "Session exactly once", "A request of a client session is carried out once, in the order of numbers, whoever relays it or speaks for the session; repeated, it gets the same answers, or none where one program had the answer and another took the session.", judgeSessions},
	{"C2", "Session end", "A session is opened once and ends at one point of the total order; after that none of its requests is carried out.", judgeSessionEnd},
	{"C3", "Session outcomes", "A request of a session that its client is told was not done never is; one that it is told was done was.", judgeSessionOutcomes},

	{"E1", "Membership precision", "In the end the site view is the set of running sites, and each group view that of its running members.", judgePrecision},
	{"E2", "Multicast liveness", "In the end what programs cast that are running members is sent, and all running members are delivered what any of them sent.", judgeMulticast},
	{"E3", "Safe liveness", "In the end all running members are delivered the safe casts any of them sent.", judgeSafeLiveness},
	{"E4", "Flush termination", "In the end nobody is blocked by a flush and every flush call is answered.", judgeFlushEnd},
	{"E5", "Transfer termination", "In the end every running member holds the state, and counts as ready.", judgeTransferEnd},
	{"E6", "No permanent stall", "In the end no site is stalled.", judgeStall},
	{"E7", "List termination", "In the end every cast to a list has ended.", judgeListEnd},
}
