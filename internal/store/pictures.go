// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Pictures keeps pictures, under the hash of their content. What goes wrong with
// it is an error that names a file.
type Pictures struct{ store *Store }

// DamagedError says that what was stored was not what its name says. It is
// fs.ErrNotExist as well: there is no such picture in the store.
type DamagedError struct {
	// Path is where the picture should have been.
	Path string
	// MovedTo is where the damaged file is now, empty if it could not be moved.
	MovedTo string
}

// Error says what is damaged, and where it is.
func (e *DamagedError) Error() string {
	if e.MovedTo == "" {
		return fmt.Sprintf("%s is damaged: its content is not that of its name; it is not used", e.Path)
	}
	return fmt.Sprintf("%s was damaged: its content is not that of its name; it is not used, and was moved to %s", e.Path, e.MovedTo)
}

// Is makes a damaged picture one that isn't there.
func (e *DamagedError) Is(target error) bool { return target == fs.ErrNotExist }

// Put stores what is read, and returns its SHA-256 in lower-case hexadecimal
// digits and its size. If it is there already, it is stored anew, so that it is
// sure to be whole.
func (p *Pictures) Put(r io.Reader) (_ string, size int64, err error) {
	root, err := p.store.prepare()
	if err != nil {
		return "", 0, err
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	d, err := p.store.draft(root)
	if err != nil {
		return "", 0, err
	}
	defer d.discard()
	hash := sha256.New()
	if size, err = io.Copy(io.MultiWriter(d, hash), r); err != nil {
		return "", 0, err
	}
	sum := hexadecimal(hash.Sum(nil))
	lock, err := p.store.lockFile(root, blobsLock, false, true)
	if err != nil {
		return "", 0, err
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	if err := d.publish(blobName(sum)); err != nil {
		return "", 0, err
	}
	return sum, size, nil
}

// Keep stores a copy of the regular file at a path, which stays as it is. One
// that is there already takes no room, so a full disk can be cleared.
func (p *Pictures) Keep(path string) (sha256 string, err error) {
	file, err := openRegular(anywhere{}, path)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // nothing was written.
	if sha256, err = sumOfAll(file); err != nil {
		return "", err
	}
	if p.renew(sha256) {
		return sha256, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sha256, _, err = p.Put(file)
	return sha256, err
}

// renew makes a picture young that is there and whole, as if it were stored
// anew. What is wrong with it, Put will tell.
func (p *Pictures) renew(sha256 string) bool {
	root, err := p.store.enter()
	if err != nil {
		return false
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	if _, err := root.Lstat(blobName(sha256)); err != nil {
		return false
	}
	lock, err := p.store.lockFile(root, blobsLock, false, true)
	if err != nil {
		return false
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	now := time.Now()
	return hasSum(root, blobName(sha256), sha256) && root.Chtimes(blobName(sha256), now, now) == nil
}

// Open returns a picture. It is read and hashed before a byte of it is handed
// out, so nobody can exchange it in between. Without one the error is
// fs.ErrNotExist; a DamagedError is of that kind, too.
func (p *Pictures) Open(sha256 string) (io.ReadSeekCloser, error) {
	if !isSum(sha256) {
		return nil, &fs.PathError{Op: "open a picture", Path: sha256, Err: fs.ErrNotExist}
	}
	root, err := p.store.enter()
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // nothing was written.
	var content []byte
	err = retryBriefly(func() error {
		content, err = p.read(root, sha256)
		return err
	})
	if err != nil {
		return nil, err
	}
	return inMemory{bytes.NewReader(content)}, nil
}

// read returns the content of a picture. What is damaged it moves out of the
// way; the file stays open until then, so that no other can be taken for it.
func (p *Pictures) read(root *os.Root, sha256 string) ([]byte, error) {
	name := blobName(sha256)
	file, err := openRegular(root, name)
	if errors.Is(err, errNotRegular) {
		there, err := root.Lstat(name)
		if err != nil {
			return nil, p.store.located(err)
		}
		return nil, p.setAside(root, sha256, there)
	}
	if err != nil {
		return nil, p.store.located(err)
	}
	defer file.Close() //nolint:errcheck // nothing was written.
	content, err := readWhole(file, sha256)
	if !errors.Is(err, errOtherContent) {
		return content, err
	}
	there, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return nil, p.setAside(root, sha256, there)
}

// inMemory is a picture that was read. It is no file, which somebody could
// write to, and which Windows would not let anybody replace.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

var errOtherContent = errors.New("the content is not that of the name")

// readWhole reads a file whose hash is known. It looks first: what is damaged
// can be larger than the memory.
func readWhole(file io.ReadSeeker, name string) ([]byte, error) {
	if sum, err := sumOfAll(file); err != nil {
		return nil, err
	} else if sum != name {
		return nil, errOtherContent
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	if sumOf(content) != name {
		return nil, errOtherContent
	}
	return content, nil
}

// setAside moves what is damaged out of the way, unless somebody has put a good
// picture there meanwhile, which is errReplaced.
func (p *Pictures) setAside(root *os.Root, sha256 string, damaged fs.FileInfo) error {
	name, aside := blobName(sha256), damagedFolder+"/"+sha256+"-"+rand.Text()[:randomLength]
	problem := &DamagedError{Path: filepath.Join(p.store.folder, name)}
	lock, err := p.store.lockFile(root, blobsLock, true, true)
	if err != nil {
		return problem
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	if there, err := root.Lstat(name); err != nil || !os.SameFile(there, damaged) {
		return &fs.PathError{Op: "read", Path: problem.Path, Err: errReplaced}
	}
	if root.MkdirAll(damagedFolder, folderMode) == nil && root.Rename(name, aside) == nil {
		problem.MovedTo = filepath.Join(p.store.folder, aside)
	}
	return problem
}

// blobName is the name of a picture's file, in one of 256 folders.
func blobName(sha256 string) string { return blobsFolder + "/" + sha256[:2] + "/" + sha256 }

// hexadecimal is a hash as it is written everywhere.
func hexadecimal(sum []byte) string { return hex.EncodeToString(sum) }

// sumOf returns a SHA-256.
func sumOf[T string | []byte](content T) string {
	sum := sha256.Sum256([]byte(content))
	return hexadecimal(sum[:])
}

// sumOfAll reads to the end, and returns the SHA-256.
func sumOfAll(r io.Reader) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return "", err
	}
	return hexadecimal(sum.Sum(nil)), nil
}

// isSum reports whether a text is a SHA-256 as this package writes them.
func isSum(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == sha256.Size && text == strings.ToLower(text)
}
