// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// billing is what may be paid for, and what somebody knows of. A lost answer is
// two possibilities: that the request came about, and that it did not. What is
// excused is what may come about for the second of them.
type billing struct {
	mutex sync.Mutex
	// owed is how many images have been declared, by what they ask for: one for
	// each time that an input was declared, changed, replaced or lost on the
	// user's word.
	owed map[string]int
	// excused is how many more may be paid for, by what the documentation says.
	excused map[string]int
	// mentioned are requests that a message has named, or the user has dropped.
	mentioned map[string]bool
	// withdrawn are requests that were cancelled since their image was deleted.
	withdrawn map[string]bool
	broken    []string
	// began is when the life did, and noted what happened in it.
	began time.Time
	noted []string
}

func newBilling() *billing {
	return &billing{began: time.Now(), owed: map[string]int{}, excused: map[string]int{}, mentioned: map[string]bool{}, withdrawn: map[string]bool{}}
}

func (b *billing) owe(prompt string) { b.locked(func() { b.owed[prompt]++ }) }

func (b *billing) excuse(prompt, why string) {
	b.note("one more request for %q is excused: %s", prompt, why)
	b.locked(func() { b.excused[prompt]++ })
}

func (b *billing) mention(id string)       { b.locked(func() { b.mentioned[id] = true }) }
func (b *billing) noteWithdrawn(id string) { b.locked(func() { b.withdrawn[id] = true }) }

// note keeps a line on what happens, for whoever reads of a broken promise.
func (b *billing) note(format string, args ...any) {
	b.locked(func() {
		b.noted = append(b.noted, fmt.Sprintf("%12s  %s", time.Since(b.began).Round(time.Millisecond), fmt.Sprintf(format, args...)))
	})
}

func (b *billing) locked(change func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	change()
}

// breaks notes a promise that does not hold.
func (b *billing) breaks(format string, args ...any) {
	b.locked(func() { b.broken = append(b.broken, fmt.Sprintf(format, args...)) })
}

// err is the first promise that was broken.
func (b *billing) err() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.broken) == 0 {
		return nil
	}
	return errors.New(b.broken[0])
}

// explained adds what has happened.
func (b *billing) explained(err error) error {
	if err == nil {
		return nil
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return fmt.Errorf("%w\n%s", err, strings.Join(b.noted, "\n"))
}

// checkPaid is called whenever a request has been accepted. Those that have made
// nothing are not billed, and don't count.
func (b *billing) checkPaid(p *platform, prompt string) {
	alive := 0
	for _, request := range p.Requests() {
		if !request.Seeded && request.Input.Prompt == prompt && !madeNothing(request) {
			alive++
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if allowed := b.owed[prompt] + b.excused[prompt]; alive > allowed {
		b.broken = append(b.broken, fmt.Sprintf("%d requests for %q are paid for, where %d are wanted and %d excused", alive, prompt, b.owed[prompt], b.excused[prompt]))
	}
}

// checkKnown is called after each step: what has been accepted and may be billed
// is in a state or a journal, or was named by a message, or is among what is excused. States
// are by workspace, for each request.
func (b *billing) checkKnown(p *platform, inStates map[string][]int, noted []store.Entry) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var foreign []emulator.Request
	senders := p.senders()
	for _, request := range p.Requests() {
		for _, workspace := range inStates[request.ID] {
			if senders[request.ID] != sender(workspace) {
				foreign = append(foreign, request)
			}
		}
	}
	unknown, open := map[string]int{}, map[string]int{}
	for _, entry := range noted {
		if entry.RequestID == "" {
			open[entry.InputSHA256]++
		} else {
			inStates[entry.RequestID] = append(inStates[entry.RequestID], 0)
		}
	}
	for _, request := range p.Requests() {
		if request.Seeded || madeNothing(request) || inStates[request.ID] != nil || b.mentioned[request.ID] {
			continue
		}
		if mistaken(request, foreign) {
			continue
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(request.Body)); open[sum] > 0 {
			open[sum]--
			continue
		}
		if prompt := request.Input.Prompt; unknown[prompt] >= b.excused[prompt] {
			b.broken = append(b.broken, fmt.Sprintf("request %s for %q is known to nobody", request.ID, prompt))
			return
		}
		unknown[request.Input.Prompt]++
	}
}

// mistaken reports whether somebody else's equal request may have been taken for
// a lost one: nothing tells two apart that were sent at about the same time.
func mistaken(lost emulator.Request, foreign []emulator.Request) bool {
	return slices.ContainsFunc(foreign, func(taken emulator.Request) bool {
		return taken.Input.Prompt == lost.Input.Prompt && taken.SentAt.After(lost.SentAt.Add(-tolerance))
	})
}

// checkVerdict is called with what was said to be certain of a request.
func (b *billing) checkVerdict(p *platform, id string, verdict requests.Outcome) {
	request, found := p.Request(id)
	said := outcomes[verdict]
	switch {
	case !found:
		b.breaks("there is a verdict on the request %q, which does not exist: %s", id, said)
	case !madeNothing(request):
		b.breaks("the request %s is %s, and was held to be %s", id, describeRequest(request), said)
	case verdict == requests.Refused && falsFault(request):
		b.breaks("the request %s is %s, which is fal's fault, and was held to be %s", id, describeRequest(request), said)
	case verdict == requests.Cancelled && request.ErrorType != fal.TypeClientCancelled:
		b.breaks("the request %s is %s, and was held to be %s", id, describeRequest(request), said)
	}
}

// falsFault reports whether a request has failed for a reason that no change of
// the input mends.
func falsFault(request emulator.Request) bool {
	return request.StatusCode >= 500 || strings.Contains(request.Error, "downstream_service_error")
}

func describeRequest(request emulator.Request) string {
	if request.Status != "COMPLETED" {
		return request.Status
	}
	return fmt.Sprintf("%s with HTTP %d and %d images", request.Status, request.StatusCode, len(request.Media))
}
