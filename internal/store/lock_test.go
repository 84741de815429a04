// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// twice opens one file two times.
func twice(t *testing.T) (a, b *os.File) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	a, err := os.Create(path)
	must(t, err)
	b, err = os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return a, b
}

func TestLock(t *testing.T) {
	t.Parallel()
	a, b := twice(t)
	want := func(step string, file *os.File, want bool) {
		t.Helper()
		if locked, err := lock(file); locked != want || err != nil {
			t.Errorf("%s: locked %v, %v", step, locked, err)
		}
	}
	wantHeld := func(step string, want bool) {
		t.Helper()
		if byOther, err := held(b); byOther != want || err != nil {
			t.Errorf("%s: held %v, %v", step, byOther, err)
		}
	}
	wantHeld("at first", false)
	want("the first", a, true)
	wantHeld("by the first", true)
	want("the second", b, false)
	must(t, unlock(a))
	wantHeld("by nobody", false)
	want("the second, again", b, true)
	must(t, a.Close())
	if _, err := lock(a); err == nil {
		t.Error("locked a file that is closed")
	}
}

// Whoever looks is waited for, and not taken for a holder.
func TestLock_waitsForALook(t *testing.T) {
	t.Parallel()
	a, b := twice(t)
	synctest.Test(t, func(t *testing.T) {
		if looked, err := tryLock(b, shared); !looked || err != nil {
			t.Fatal(looked, err)
		}
		time.AfterFunc(10*time.Millisecond, func() { _ = unlock(b) })
		if locked, err := lock(a); !locked || err != nil {
			t.Errorf("locked %v, %v", locked, err)
		}
	})
}

// Not even a look that doesn't end makes an entry seem to be held.
func TestLock_endlessLook(t *testing.T) {
	t.Parallel()
	a, b := twice(t)
	synctest.Test(t, func(t *testing.T) {
		if looked, err := tryLock(b, shared); !looked || err != nil {
			t.Fatal(looked, err)
		}
		locked, err := lock(a)
		wantError(t, err, errBusy, a.Name())
		if locked {
			t.Error("locked in spite of a look")
		}
	})
}

// A file that was deleted while it was being opened is nobody's.
func TestLock_deletedFile(t *testing.T) {
	t.Parallel()
	a, b := twice(t)
	if locked, err := lock(a); !locked || err != nil {
		t.Fatal(locked, err)
	}
	if err := remove(a); err != nil {
		// Windows: the other one has it open.
		must(t, b.Close())
		must(t, os.Remove(a.Name()))
		return
	}
	if locked, err := lock(b); locked || err != nil {
		t.Errorf("locked %v, %v", locked, err)
	}
	if byOther, err := held(b); byOther || err != nil {
		t.Errorf("held %v, %v", byOther, err)
	}
}
