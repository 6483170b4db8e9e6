package cohort

// EndIncarnation ends what runs of a node, as an exclusion does: to the others it
// is a crash, and the node comes back by itself.
func (n *Node) EndIncarnation() error {
	l, err := n.current()
	if err != nil {
		return err
	}
	l.node.Close()
	return nil
}

// OpenCalls is how many calls, flushes and look-ups wait for their end.
func (n *Node) OpenCalls() int {
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	return len(n.calls)
}
