// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is for a machine that has other things to do.
const patience = 90 * time.Second

// tab is a page in a headless Chromium of its own.
type tab struct {
	ctx context.Context

	mu sync.Mutex
	// requests are the URLs that the page has asked for.
	requests []string
	// complaints are exceptions and what the console calls an error.
	complaints []string
}

// open starts a Chromium with an empty profile. The function that it returns
// ends it.
func open(ctx context.Context, width, height int64) (*tab, func(), error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		// Containers and root have no sandbox; the pages are the project's own.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, stopWaiting := context.WithTimeout(ctx, patience)
	ctx, closeAllocator := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	end := func() {
		closeTab()
		closeAllocator()
		stopWaiting()
	}
	t := &tab{ctx: ctx}
	if err := errors.Join(chromedp.Listen(ctx, t.note), t.resize(width, height)); err != nil {
		end()
		return nil, nil, fmt.Errorf("start Chromium: %w", err)
	}
	return t, end, nil
}

func (t *tab) note(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		t.complaints = append(t.complaints, describe(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			t.complaints = append(t.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func describe(exception *runtime.ExceptionDetails) string {
	if exception.Exception != nil {
		return exception.Text + " " + exception.Exception.Description
	}
	return exception.Text
}

func (t *tab) resize(width, height int64) error {
	return chromedp.Do(t.ctx, chromedp.EmulateViewport(width, height))
}

// prefer sets the person's preferences: light or dark, and no motion, so that
// a picture of the page shows it at rest.
func (t *tab) prefer(scheme string) error {
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	return err
}

// withoutScripts has the page run none of its own.
func (t *tab) withoutScripts() error {
	_, err := chromedp.Call(t.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
}

func (t *tab) visit(url string) error {
	return chromedp.Do(t.ctx, chromedp.Navigate(url))
}

// ask evaluates an expression in the page, and awaits it if it is a promise.
func ask[T any](t *tab, expression string) (T, error) {
	return chromedp.Run(t.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// await returns once an expression holds in the page.
func (t *tab) await(condition string) error {
	_, err := chromedp.Run(t.ctx, chromedp.Poll[bool]("Boolean("+condition+")",
		chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0)))
	if err != nil {
		return fmt.Errorf("wait for %s: %w", condition, err)
	}
	return nil
}

// loadPictures has all pictures loaded, those far down the page included, and
// waits until each has been or never will be.
func (t *tab) loadPictures() error {
	_, err := ask[bool](t, `Promise.all([...document.images].map((image) => {
		image.loading = "eager";
		return image.decode().catch(() => {});
	})).then(() => true)`)
	return err
}

// photograph writes a PNG of the whole page.
func (t *tab) photograph(file string) error {
	if err := t.loadPictures(); err != nil {
		return err
	}
	picture, err := chromedp.Run(t.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil { //nolint:gosec // The caller names the file to write.
		return err
	}
	return os.WriteFile(file, picture, 0o600) //nolint:gosec // The caller names the file to write.
}
