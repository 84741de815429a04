// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// folder is what outlives the runs of a workspace. The locks of a process end
// with it, and those of a simulated one don't: so whoever comes next gets a copy,
// whose files nobody holds.
type folder struct {
	root    string
	copies  int
	copying sync.Mutex
}

func (f *folder) path() string {
	f.copying.Lock()
	defer f.copying.Unlock()
	return f.current()
}

func (f *folder) current() string { return filepath.Join(f.root, strconv.Itoa(f.copies)) }

// release lets go of what a process holds.
func (f *folder) release() {
	f.copying.Lock()
	defer f.copying.Unlock()
	from := f.current()
	f.copies++
	err := os.CopyFS(f.current(), os.DirFS(from))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
}

// wipe leaves nothing.
func (f *folder) wipe() {
	f.copying.Lock()
	defer f.copying.Unlock()
	f.copies++
}

// entries are what the journal has.
func (f *folder) entries() []store.Entry {
	entries, err := store.Open(f.path()).Journal().Entries()
	if err != nil {
		panic(err)
	}
	return entries
}
