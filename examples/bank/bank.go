// Package bank is a replicated bank: accounts whose money moves and never gets
// lost, at a group of processes of which some may fail. It shows how a program
// is written on Cohort and tested with cohorttest.
package bank

import (
	"context"
	"errors"
	"fmt"

	"github.com/cohortkit/cohort"
)

// transfer is the entry at which members move money.
const transfer = cohort.Entry(1)

// Order is a wish to move money. Its ID is new for each wish, and the same when
// the wish is repeated because nobody knows what became of it.
type Order struct {
	ID       string
	From, To string
	Amount   int
}

// books are what every member holds.
type books struct {
	Balance map[string]int
	Done    map[string]string // what orders came to, by ID
}

// Bank is one member of the bank. Its methods are safe for concurrent use.
type Bank struct {
	group *cohort.Group
	books books // the stream's, as all handlers are
}

// ErrRefused is the answer to an order that cannot be carried out.
var ErrRefused = errors.New("bank: refused: there is not enough money")

// Open makes this process a member of the bank and waits until it holds the
// books. The first member opens the accounts.
func Open(ctx context.Context, cfg cohort.Config, accounts map[string]int) (*Bank, error) {
	b := newBank(accounts)
	return b, b.join(ctx, cfg, cohort.JSON(&b.books))
}

func newBank(accounts map[string]int) *Bank {
	return &Bank{books: books{Balance: accounts, Done: map[string]string{}}}
}

// join makes b a member; state is what later members are given.
func (b *Bank) join(ctx context.Context, cfg cohort.Config, state cohort.State) error {
	node, err := cohort.Start(ctx, cfg)
	if err != nil {
		return err
	}
	b.group, err = node.Join(ctx, "bank", cohort.GroupConfig{
		State:    state,
		Handlers: map[cohort.Entry]cohort.Handler{transfer: cohort.Handle(b.transfer)},
	})
	return err
}

// transfer carries an order out, once.
func (b *Bank) transfer(_ *cohort.Request, o Order) (string, error) {
	outcome, known := b.books.Done[o.ID]
	if !known {
		outcome = "done"
		if b.books.Balance[o.From] < o.Amount {
			outcome = "refused"
		} else {
			b.books.Balance[o.From] -= o.Amount
			b.books.Balance[o.To] += o.Amount
		}
		b.books.Done[o.ID] = outcome
	}
	return outcome, nil
}

// Transfer moves money, and returns nil when it is moved for good: no failure
// can undo that any more. The error is ErrRefused, or means that nobody knows;
// then the same order may be given again, at any member.
func (b *Bank) Transfer(ctx context.Context, o Order) error {
	answers, err := cohort.Call[string](ctx, b.group, cohort.Total, transfer, o, 1, cohort.Safe())
	if err != nil {
		return fmt.Errorf("bank: order %s: %w", o.ID, err)
	}
	for _, outcome := range answers { // there is one
		if outcome == "refused" {
			return ErrRefused
		}
	}
	return nil
}
