// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command licences lists the modules that the provider and its tests are made
// of, with the licence of each and the reason why it is required, which stands
// beside a direct requirement in go.mod. It fails for a licence that doesn't go
// with the provider's own, for a module without one, and for a requirement
// without a reason.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	root := flag.String("root", ".", "folder of the provider's go.mod")
	notices := flag.Bool("notices", false, "print the licence texts of what is in the program instead, as its copies have to carry them")
	flag.Parse()
	if err := run(*root, *notices); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root string, notices bool) error {
	modules, err := modulesOf(root)
	if err != nil {
		return err
	}
	if err := recognise(modules); err != nil {
		return err
	}
	if notices {
		return writeNotices(os.Stdout, modules)
	}
	return writeTable(os.Stdout, modules)
}
