package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort"
)

const (
	// askFor is how long a node may take to say what waits.
	askFor = 10 * time.Second
	// mostStatus bounds what a node is let say, in bytes.
	mostStatus = 64 << 20
)

// told is what a node says where Config.Status tells it to.
type told struct {
	Cohort  string          `json:"cohort"`
	Version int             `json:"version"`
	Name    string          `json:"name"`
	Addr    string          `json:"addr"`
	Address string          `json:"address"`
	Stalled bool            `json:"stalled"`
	Groups  []toldGroup     `json:"groups"`
	Why     []toldWait      `json:"why"`
	raw     json.RawMessage // all of it
}

type toldGroup struct {
	Name    string   `json:"name"`
	View    uint64   `json:"view"`
	Members []string `json:"members"`
	Ready   []string `json:"ready"`
}

type toldWait struct {
	What   string `json:"what"`
	Text   string `json:"text"`
	Advice string `json:"advice"`
}

// askNode tells what a node that runs says.
func askNode(cmd *cobra.Command, flags whyFlags) error {
	for _, name := range []string{"at", "site", "group", "cast", "least", "limit"} {
		if cmd.Flags().Changed(name) {
			return usagef("--%s is for traces: a node says all that waits there now", name)
		}
	}
	t, err := status(flags.node)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if flags.json {
		_, err := fmt.Fprintf(out, "%s\n", t.raw)
		return err
	}
	state := "in touch with a majority"
	switch {
	case t.Address == cohort.Address(0).String():
		state = "in no system"
	case t.Stalled:
		state = "stalled"
	}
	fmt.Fprintf(out, "node %s at %s, address %s: %s\n", t.Name, t.Addr, t.Address, state)
	for _, g := range t.Groups {
		fmt.Fprintf(out, "group %s, view %d: members %d, %d with the state\n", g.Name, g.View, len(g.Members), len(g.Ready))
	}
	waits := 0
	for _, w := range t.Why {
		if w.What != "removed" {
			waits++
		}
		fmt.Fprintf(out, "\n%s\n", w.Text)
		if w.Advice != "" {
			fmt.Fprintf(out, "    what to do: %s\n", w.Advice)
		}
	}
	if waits == 0 {
		fmt.Fprintln(out, "\nnothing waits")
	}
	return nil
}

// status asks for what a node says.
func status(addr string) (*told, error) {
	network := "tcp"
	if strings.Contains(addr, "/") {
		network = "unix"
	}
	conn, err := net.DialTimeout(network, addr, askFor)
	if err != nil {
		return nil, fmt.Errorf("no node tells its status at %s: %w; is it started with Config.Status?", addr, err)
	}
	defer func() { _ = conn.Close() }() // only read from
	if err := conn.SetDeadline(time.Now().Add(askFor)); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(conn, mostStatus))
	if err != nil {
		return nil, fmt.Errorf("the node at %s has not said all: %w", addr, err)
	}
	t := &told{raw: json.RawMessage(strings.TrimSpace(string(text)))}
	if err := json.Unmarshal(text, t); err != nil || t.Cohort != "status" {
		return nil, fmt.Errorf("what listens at %s is not the status of a node: the address is that of Config.Status, not the one that nodes listen at", addr)
	}
	if t.Version != 1 {
		return nil, fmt.Errorf("the node at %s tells its status in version %d, this program reads 1: use the cohort of that node", addr, t.Version)
	}
	return t, nil
}
