package netem

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Network says what happens to packets between hosts. The zero Network does
// nothing to them.
type Network struct {
	Delay time.Duration // of every packet, one way
	Loss  float64       // the chance of each to be lost, 0 to 1
	Rate  float64       // bits a second that each host sends at most; 0 for no limit
}

// The largest of what a Network may say, and the least rate.
const (
	mostDelay = time.Second
	mostLoss  = 0.5
	leastRate = 1e5
	mostRate  = 1e11
)

// rateUnits are those that tc(8) has, in bits a second.
var rateUnits = []struct {
	name string
	bits float64
}{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}}

// Parse reads a delay, a loss and a rate, in any order, each at most once, such
// as "1ms,0.1%,1gbit". What is not said is left alone.
func Parse(text string) (Network, error) {
	var n Network
	var seen [3]bool
	for part := range strings.SplitSeq(text, ",") {
		kind, err := n.set(strings.TrimSpace(part))
		if err != nil {
			return Network{}, err
		}
		if seen[kind] {
			return Network{}, fmt.Errorf("%q says one thing twice", text)
		}
		seen[kind] = true
	}
	return n, nil
}

// set reads one part, and says which one it is.
func (n *Network) set(part string) (kind int, err error) {
	if number, ok := strings.CutSuffix(part, "%"); ok {
		x, err := strconv.ParseFloat(number, 64)
		if err != nil || !(x >= 0 && x <= mostLoss*100) {
			return 0, fmt.Errorf("%q is no loss of 0%% to %g%%", part, mostLoss*100)
		}
		n.Loss = x / 100
		return 0, nil
	}
	for _, unit := range rateUnits {
		number, ok := strings.CutSuffix(part, unit.name)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(number, 64)
		if x *= unit.bits; err != nil || !(x >= leastRate && x <= mostRate) {
			return 0, fmt.Errorf("%q is no rate of 100kbit to 100gbit", part)
		}
		n.Rate = x
		return 1, nil
	}
	d, err := time.ParseDuration(part)
	if err != nil || d < 0 || d > mostDelay {
		return 0, fmt.Errorf("%q is no delay of 0s to %v, no loss such as 0.1%%, and no rate such as 1gbit", part, mostDelay)
	}
	n.Delay = d
	return 2, nil
}

// String writes a network as Parse reads it.
func (n Network) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 10, 64) }
	text := n.Delay.String() + "," + number(n.Loss*100) + "%"
	for i, unit := range rateUnits {
		if n.Rate > 0 && (n.Rate >= unit.bits || i == len(rateUnits)-1) {
			return text + "," + number(n.Rate/unit.bits) + unit.name
		}
	}
	return text
}
