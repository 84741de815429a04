// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Option changes how the emulator behaves.
type Option func(*config) error

func set(apply func(*config)) Option {
	return func(c *config) error {
		apply(c)
		return nil
	}
}

func setDuration(name string, d time.Duration, field func(*config) *time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return fmt.Errorf("%s is negative: %s", name, d)
		}
		*field(c) = d
		return nil
	}
}

// WithClock replaces the system's clock.
func WithClock(clock Clock) Option {
	return set(func(c *config) { c.clock = clock })
}

// WithClockOffset has fal's clock ahead of the one that WithClock gives, or
// behind it if the offset is negative.
func WithClockOffset(offset time.Duration) Option {
	return set(func(c *config) { c.clockOffset = offset })
}

// WithQueueTime is how long a request waits before it may start. By default it
// starts as soon as a runner is free.
func WithQueueTime(d time.Duration) Option {
	return setDuration("the queue time", d, func(c *config) *time.Duration { return &c.queueTime })
}

// WithRunTime is how long the model works on a request. By default it takes no
// time at all, and a request is completed once it is accepted.
func WithRunTime(d time.Duration) Option {
	return setDuration("the run time", d, func(c *config) *time.Duration { return &c.runTime })
}

// WithRunners limits how many requests run at the same time; 0, the default,
// is no limit. The queue waits, direct calls are refused. fal documents 2 for
// a new account and up to 40.
func WithRunners(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return fmt.Errorf("the number of runners is negative: %d", n)
		}
		c.runners = n
		return nil
	}
}

// WithDirectory keeps requests and pictures in a folder, which is created if
// need be, so that another emulator can go on with them.
func WithDirectory(path string) Option {
	return set(func(c *config) { c.directory = path })
}

// WithKey accepts a key "id:secret" with the given scopes, ScopeAPI if there
// are none. Without this option any well-formed key may do everything; with
// it, only the given keys are accepted.
func WithKey(key string, scopes ...Scope) Option {
	return func(c *config) error {
		id, secret, found := strings.Cut(key, ":")
		if !found || id == "" || secret == "" {
			return errors.New("a key has the form id:secret")
		}
		if len(scopes) == 0 {
			scopes = []Scope{ScopeAPI}
		}
		c.keys = append(c.keys, credential{id: id, secret: secret, alias: id, scopes: scopes})
		return nil
	}
}

// WithResultRetention changes how long results are kept.
func WithResultRetention(retention Retention) Option {
	return func(c *config) error {
		if retention.Result < 0 || retention.LargeResult < 0 || retention.Payloads < 0 {
			return errors.New("a result can't be kept for a negative time")
		}
		c.retention = retention
		return nil
	}
}

// WithFaults injects faults from the start.
func WithFaults(faults ...Fault) Option {
	return set(func(c *config) { c.faults = append(c.faults, faults...) })
}

// WithEveryJob spoils each job that no fault spoils. It stands in nobody's way: a
// fault for every job would meet before those that are injected later.
func WithEveryJob(fault JobFault) Option {
	return func(c *config) error {
		c.everyJob = fault
		return fault.check()
	}
}

// WithEndpoints adds endpoints that take this model's input, by their full
// ids: owner/alias or owner/alias/sub/path.
func WithEndpoints(ids ...string) Option {
	return func(c *config) error {
		for _, id := range ids {
			if _, ok := parseEndpoint(id); !ok {
				return fmt.Errorf("%q is not an endpoint id", id)
			}
		}
		c.endpoints = append(c.endpoints, ids...)
		return nil
	}
}

// WithAlias has the app owner/alias answer in the name of another one: URLs, and
// what it says to a key that it doesn't know.
func WithAlias(app, other string) Option {
	return set(func(c *config) { c.aliases[app] = other })
}

// WithPrice adds an endpoint's price, or replaces it.
func WithPrice(price Price) Option {
	return set(func(c *config) {
		for i, known := range c.prices {
			if known.EndpointID == price.EndpointID {
				c.prices[i] = price
				return
			}
		}
		c.prices = append(c.prices, price)
	})
}

// WithoutPrices forgets all prices, those given before included.
func WithoutPrices() Option {
	return set(func(c *config) { c.prices = nil })
}

// WithPainter replaces painter.Flat, which gives each picture a plain colour:
// tests want pictures, not their looks.
func WithPainter(paint Painter) Option {
	return set(func(c *config) { c.painter = paint })
}

// WithPainting says when pictures are painted; PaintAhead by default.
func WithPainting(painting Painting) Option {
	return set(func(c *config) { c.painting = painting })
}

// WithLogMode changes how a status shows log lines.
func WithLogMode(mode LogMode) Option {
	return set(func(c *config) { c.logMode = mode })
}

// WithErrorStyle changes the shape of the model's errors.
func WithErrorStyle(style ErrorStyle) Option {
	return set(func(c *config) { c.errorStyle = style })
}

// WithImageStyle changes how much a result tells about each picture.
func WithImageStyle(style ImageStyle) Option {
	return set(func(c *config) { c.imageStyle = style })
}

// WithSizeMultiple rounds the sides of pictures up to a multiple of pixels, as
// 16 and 32 have been seen. By default pictures are as large as asked for.
func WithSizeMultiple(pixels int64) Option {
	return func(c *config) error {
		if pixels < 0 {
			return fmt.Errorf("the size multiple is negative: %d", pixels)
		}
		c.sizeMultiple = pixels
		return nil
	}
}

// WithMediaLifetime has pictures expire that long after completion, unless the
// request says otherwise. By default they never do.
func WithMediaLifetime(d time.Duration) Option {
	return setDuration("the lifetime of media", d, func(c *config) *time.Duration { return &c.mediaLifetime })
}

// WithHistory changes how the request history answers.
func WithHistory(history History) Option {
	return func(c *config) error {
		c.history = history
		return history.check()
	}
}

// WithBilling changes what the billing events show.
func WithBilling(billing Billing) Option {
	return func(c *config) error {
		c.billing = billing
		if billing.Lag < 0 {
			return fmt.Errorf("the lag of the billing events is negative: %s", billing.Lag)
		}
		return nil
	}
}

// WithAlwaysOK answers status requests with 200 in every state, as some have
// observed; by default with 202 until the request is completed.
func WithAlwaysOK() Option {
	return set(func(c *config) { c.alwaysOK = true })
}

// WithValidationAtSubmit refuses a wrong input at once rather than in the
// result.
func WithValidationAtSubmit() Option {
	return set(func(c *config) { c.validatesAtSubmit = true })
}

// WithMinimalSubmit leaves all but id and URLs out of the answer to a
// submission, as in some of fal's examples.
func WithMinimalSubmit() Option {
	return set(func(c *config) { c.minimalSubmit = true })
}

// WithResponseSuffix returns response URLs that end in /response, as in fal's
// older documents. Both forms are served in any case.
func WithResponseSuffix() Option {
	return set(func(c *config) { c.responseSuffix = true })
}

// WithLock locks the account from the start; see Server.Lock.
func WithLock(reason string) Option {
	return set(func(c *config) { c.lockReason = reason })
}

// WithLockedReads has a lock block status and result too. Observers disagree.
func WithLockedReads() Option {
	return set(func(c *config) { c.lockedReads = true })
}

// WithForcedSafetyChecker ignores enable_safety_checker = false, as fal does
// for accounts that aren't authorised to switch it off.
func WithForcedSafetyChecker() Option {
	return set(func(c *config) { c.forcedSafety = true })
}

// WithoutModelMetadata leaves the metadata out of every listed model. The
// model fal-ai/flux-2-dev never has any.
func WithoutModelMetadata() Option {
	return set(func(c *config) { c.noMetadata = true })
}

// WithExtraFields says whether every third request's answers have members that
// no document mentions, which is the default.
func WithExtraFields(extra bool) Option {
	return set(func(c *config) { c.extraFields = extra })
}

// WithBodyLimit is the largest request body accepted, in bytes; 10 MiB by
// default.
func WithBodyLimit(bytes int64) Option {
	return func(c *config) error {
		if bytes < 1 {
			return fmt.Errorf("the body limit is not positive: %d", bytes)
		}
		c.bodyLimit = bytes
		return nil
	}
}
