package cohort

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/cohortkit/cohort/internal/node"
)

// status tells whoever connects to Config.Status what Why says, as one JSON
// object, and hangs up. It reads nothing, so nothing can be asked of the node
// by it; it serves one at a time, so nothing of it piles up.
type status struct{ net.Listener }

// statusPatience is how long a reader may take.
const statusPatience = 5 * time.Second

// report is what a reader is sent.
type report struct {
	Cohort  string    `json:"cohort"` // "status"
	Version int       `json:"version"`
	Name    string    `json:"name"`
	Addr    string    `json:"addr"`
	Address Address   `json:"address"`
	Time    time.Time `json:"time"`
	Stalled bool      `json:"stalled"`
	Groups  []section `json:"groups"`
	Why     []Message `json:"why"`
}

// section is a group of the node, in the view last handled.
type section struct {
	Name    string    `json:"name"`
	View    uint64    `json:"view"`
	Members []Address `json:"members"`
	Ready   []Address `json:"ready"`
}

// checkStatus finds what is wrong with an address for the status: it is for the
// users of this machine alone.
func checkStatus(addr string) error {
	if addr == "" || strings.Contains(addr, "/") {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return &ConfigError{Field: "Status", What: "is neither a path with a / nor an address: " + err.Error()}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &ConfigError{Field: "Status", What: "has to be on the loopback interface, as 127.0.0.1:7400, or a path: it is not protected"}
	}
	return nil
}

// openStatus begins to listen, where the configuration says so. A simulated
// world has no sockets.
func (n *system) openStatus() (*status, error) {
	if _, here := n.host.(node.Here); !here || n.cfg.Status == "" {
		return nil, nil
	}
	if !strings.Contains(n.cfg.Status, "/") {
		ln, err := net.Listen("tcp", n.cfg.Status)
		if err != nil {
			return nil, &ListenError{Addr: n.cfg.Status, Err: err}
		}
		return &status{ln}, nil
	}
	ln, err := net.Listen("unix", n.cfg.Status)
	if errors.Is(err, syscall.EADDRINUSE) && abandoned(n.cfg.Status) {
		_ = os.Remove(n.cfg.Status) // else Listen fails again
		ln, err = net.Listen("unix", n.cfg.Status)
	}
	if err == nil {
		err = os.Chmod(n.cfg.Status, 0o600)
	}
	if err != nil {
		if ln != nil {
			_ = ln.Close()
		}
		return nil, &ListenError{Addr: n.cfg.Status, Err: err}
	}
	return &status{ln}, nil
}

// abandoned reports whether path is a socket on which nobody listens any more,
// as a process leaves it that is killed.
func abandoned(path string) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// serve answers until the listener is closed.
func (s *status) serve(n *system) {
	for {
		conn, err := s.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(100 * time.Millisecond) // out of descriptors, as a rule
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(statusPatience))
		_ = json.NewEncoder(conn).Encode(n.report()) // who does not read it in time did not want it
		_ = conn.Close()
	}
}

// close ends the service. The nil status was never begun.
func (s *status) close() {
	if s != nil {
		_ = s.Close()
	}
}

func (n *system) report() report {
	first := &Node{system: n, number: 1}
	r := report{
		Cohort: "status", Version: 1, Name: n.cfg.Name, Addr: first.Addr(), Address: first.Address(), Time: time.Now(),
		Stalled: first.Stalled(), Groups: []section{}, Why: append([]Message{}, n.why()...),
	}
	if r.Name == "" {
		r.Name = r.Addr
	}
	n.mu.Lock()
	groups := append([]*Group{}, n.groups...)
	n.mu.Unlock()
	for _, g := range groups {
		v := g.View()
		r.Groups = append(r.Groups, section{g.Name(), v.Number, v.Members, v.Ready()})
	}
	return r
}
