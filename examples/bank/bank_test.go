package bank

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/cohorttest"
)

// open makes one member of a bank that is to be tested.
type open func(context.Context, cohort.Config) (*Bank, error)

func accounts() map[string]int { return map[string]int{"ann": 100, "bob": 100, "eve": 100} }

func right(ctx context.Context, cfg cohort.Config) (*Bank, error) {
	return Open(ctx, cfg, accounts())
}

// naive is the bank as it was written first: is the state of a bank not what is
// on its accounts?
func naive(ctx context.Context, cfg cohort.Config) (*Bank, error) {
	b := newBank(accounts())
	return b, b.join(ctx, cfg, cohort.JSON(&b.books.Balance))
}

// transferring is how an order is given.
type transferring func(*Bank, context.Context, Order) error

// hasty gives an order without waiting until no failure can undo it.
func (b *Bank) hasty(ctx context.Context, o Order) error {
	_, err := cohort.Call[string](ctx, b.group, cohort.Total, transfer, o, 1)
	return err
}

// world is a bank with clients, and what must hold of it: check is given the
// orders of which a client was told that they are done.
func world(open open, transfer transferring, check func([]*Bank, []Order) error) func() cohorttest.Program[*Bank] {
	return func() cohorttest.Program[*Bank] {
		var told []Order
		return cohorttest.Program[*Bank]{
			Start: func(ctx context.Context, s *cohorttest.Site) (*Bank, error) {
				return open(ctx, s.Config())
			},
			Act: func(ctx context.Context, s *cohorttest.Site, b *Bank) {
				o := order(s)
				if pay(ctx, s, o, func(ctx context.Context) error { return transfer(b, ctx, o) }) == nil {
					told = append(told, o)
				}
			},
			Check: func(banks []*Bank) error { return check(banks, told) },
		}
	}
}

// order makes up an order.
func order(s *cohorttest.Site) Order {
	names := []string{"ann", "bob", "eve"}
	s.Rand().Shuffle(3, func(i, j int) { names[i], names[j] = names[j], names[i] })
	return Order{
		ID:   fmt.Sprintf("%s-%06x", s.Name(), s.Rand().IntN(1<<24)),
		From: names[0], To: names[1], Amount: 1 + s.Rand().IntN(60),
	}
}

// pay gives an order, and again while nobody knows what became of it.
func pay(ctx context.Context, s *cohorttest.Site, o Order, give func(context.Context) error) (err error) {
	for range 5 {
		try, cancel := context.WithTimeout(ctx, time.Second)
		err = give(try)
		cancel()
		s.Logf("%s: %d from %s to %s: %v", o.ID, o.Amount, o.From, o.To, err)
		if err == nil || errors.Is(err, ErrRefused) {
			return err
		}
		<-time.After(500 * time.Millisecond) // of the world's time
	}
	return err
}

// balances says what is wrong with the accounts.
func balances(banks []*Bank, _ []Order) error {
	for i, b := range banks {
		sum := 0
		for _, who := range slices.Sorted(maps.Keys(b.books.Balance)) {
			sum += b.books.Balance[who]
		}
		if sum != 300 {
			return fmt.Errorf("n%d has %d in all: %v", i+1, sum, b.books.Balance)
		}
		if !maps.Equal(b.books.Balance, banks[0].books.Balance) {
			return fmt.Errorf("n1 has %v, n%d has %v", banks[0].books.Balance, i+1, b.books.Balance)
		}
	}
	return nil
}

// promises also asks for every order of which a client was told that it is done.
func promises(banks []*Bank, told []Order) error {
	for i, b := range banks {
		for _, o := range told {
			if b.books.Done[o.ID] == "" {
				return fmt.Errorf("n%d does not know order %s, which its client was told is done", i+1, o.ID)
			}
		}
	}
	return balances(banks, told)
}

var worlds = cohorttest.Options{Seeds: 200, Faults: cohorttest.All}

func TestBank(t *testing.T) {
	o := worlds
	if testing.Short() {
		o.Seeds = 40
	}
	cohorttest.Run(t, o, world(right, (*Bank).Transfer, promises))
}

func TestNaiveBankIsFound(t *testing.T) {
	const what = "n1 has map["
	isQuoted(t, isFound(t, world(naive, (*Bank).Transfer, balances), what), what)
}

func TestHastyBankIsFound(t *testing.T) {
	const what = "which its client was told is done"
	found := isFound(t, world(right, (*Bank).hasty, promises), what)
	if flag := fmt.Sprintf("`-cohort.seed=%d`", found.Seed); !strings.Contains(isQuoted(t, found, what), flag) {
		t.Errorf("%s does not say how to replay it with %s", page, flag)
	}
}

// isFound demands that a bank fails within some worlds, as expected, and that
// its seed makes the same world again. It returns the failure.
func isFound(t *testing.T, bank func() cohorttest.Program[*Bank], what string) *cohorttest.Failure {
	t.Helper()
	found := cohorttest.Find(t, worlds, bank)
	if found == nil {
		t.Fatalf("the bank passed in %d worlds", worlds.Seeds)
	}
	t.Log(found)
	if found.Cohort || !strings.Contains(found.What, what) {
		t.Errorf("the failure is another one than %q", what)
	}
	one := worlds
	one.First, one.Seeds = found.Seed, 1
	again := cohorttest.Find(t, one, bank)
	if again == nil || !slices.Equal(again.Log, found.Log) {
		t.Errorf("seed %d made another world the second time", found.Seed)
	}
	return found
}
