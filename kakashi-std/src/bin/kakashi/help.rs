//! The long texts of `kakashi decode --help` and `kakashi recover --help`.

/// The text before the options.
pub(crate) const DESCRIPTION: &str = "\
kakashi decode - turn a binary log into text, JSON or coloured lines

A program that logs to `sinks::wire_file(\"shop.klog\")`, or with `Format::Wire`,
stores its records as blocks of bytes, not as text; so does a device that sends
them over a serial line. This command makes of them the very lines that the
program would have written itself, on stdout.

Each block stands alone. What is damaged, was cut off when a machine lost its
power, or was never a block is skipped; stderr says where, and how many bytes.
Where the program had to drop records, a line of the logger \"kakashi\" says
how many. Input of any length is read in pieces; a block is shown as soon as it
is whole, and memory holds one block and one line. The time it takes grows with
the input's length, whatever its bytes are.

A line begins with the time in UTC, or, if a device has no clock, with the time
since it started, in seconds: `+12.345678s`. (In JSON: \"timestamp\":
\"+12.345678s\".) It begins again at zero when the device is reset.";

/// The text after the options.
pub(crate) const AFTER: &str = "\
Filters:
  A record is shown if it passes --level, and one --logger if there are some,
  and --field for every key that is named there. Announcements of dropped
  records always pass --logger and --field, because a dropped record might have
  passed too; their level is WARNING.

Limits:
  A line has at most 16 MiB, or what --max-line says. A longer one is cut in its
  message or in its fields, where a mark says how much: `… (5526 bytes cut)`;
  JSON stays JSON. The lines of a block together are at most 256 times as long
  as the block (what programs write becomes 3 to 100 times as long): later
  lines of it are cut shorter, then passed over. A larger --max-line raises
  this as well. At the input's end stderr says how many lines were cut, by how
  much, and how many records were passed over.

Serial lines:
  A terminal given as FILE (or as stdin) is set to eight bits, no parity, one
  stop bit and no flow control, and made to give each byte unchanged; it stays
  so afterwards. Without --baud it keeps its speed. What was sent while nobody
  read is lost, and the first block may be cut: that is reported as damage.

Firmware (--sites):
  A firmware that was linked with `-Tkakashi.x --build-id` sends numbers for its
  messages, keys and loggers; the texts stay in its ELF file, in the section
  `kakashi_sites`. Give that file with --sites, as the linker made it (with
  Cargo: target/thumbv7em-none-eabihf/release/NAME). Its build id tells which
  blocks it explains: give --sites again for each build that the input may hold.
  Records that no file explains are skipped; stderr names the build at its first
  block, and at the input's end says how many bytes were skipped.
  The files are read once, at the start. A firmware that keeps its texts in
  flash needs none of this.

Following (--follow):
  A file that was replaced (rotated) is read to its end, and the new one from
  its start once something is in it. A file that was truncated is read again
  from its start. One that does not exist yet is waited for. A serial device
  that was unplugged is opened again when it is back, a named pipe is read on
  when its writer has closed it, until another file takes its name. Stdin ends
  where it ends, unless it is a file. Of several FILEs the last is followed;
  those before it are read to their ends.
  Files are polled ten times a second. In a followed input, and on a serial
  line, a block that is not completed within a second, while a whole one came
  behind it, is damage: it can't hold up all later blocks.

Patterns (--pattern):
  {time} {level} {logger} {message} {module} {file} {line} are a record's parts,
  {fields.KEY} is one field, {fields} are all others. {time:%H:%M:%S%.3f} takes
  a form of strftime; with the feature `local-time` {time:local} and
  {time:local:%T} are in this machine's zone. {level:8} pads to so many
  characters, {line:>5} on the left. {{ and }} are braces.

Examples:
  kakashi decode shop.klog
          One line of text for each record.
  kakashi decode --format json shop.klog.1 shop.klog | jq 'select(.total > 100)'
          Two files, in this order, for another program.
  ssh shop1 cat /var/log/shop.klog | kakashi decode --level warning
          From stdin, warnings and above.
  kakashi decode --logger shop --field user=42 --field 'state!=paid' shop.klog
          What the shop's loggers say of this user and is not paid.
  kakashi decode --field 'status>=500' --field 'path~/orders' shop.klog
          What failed at the shop's orders.
  kakashi decode --pattern '{time:%T} {level:8}{message} {fields}' shop.klog
          Lines of one's own.
  kakashi decode --follow --format pretty shop.klog
          On as the file grows, whatever rotates it.
  kakashi decode --follow --baud 115200 /dev/ttyACM0
          A board at a serial line, also after it was unplugged or reset.
  kakashi decode --follow --baud 115200 --sites firmware.elf /dev/ttyACM0
          The same for a firmware whose texts are only in its ELF file.
  socat -u TCP:10.0.0.7:5555 - | kakashi decode --follow
          A device behind a network, a debugger's socket, an emulator.

Environment:
  NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM
     `pretty` writes colours to a terminal. The first of these that is set and
     not empty decides: NO_COLOR (none), FORCE_COLOR (0: none, else also where
     stdout is no terminal), CLICOLOR_FORCE (1: the same), CLICOLOR (0: none),
     TERM (dumb: none).
  COLUMNS, COLORFGBG
     `pretty` on a terminal: after how many columns lines end, if not where the
     terminal's do; whether its ground is dark (15;0) or light (0;15).

Exit status:
  0  Everything was read. (Also when the reader of the lines has gone, as `head`
     does.)
  1  Bytes were skipped, or a line was cut, or a FILE can't be read, or the
     output can't be written. All whole blocks of the other FILEs have been
     shown. Or a file given with --sites is of no use: nothing was read.
  2  The command line is wrong; nothing was read.
  130, 143 (as shells say it)
     Ctrl-C (SIGINT) or SIGTERM has ended it, which is how --follow ends. All
     whole blocks that it had read were shown first; a second signal does not
     wait for that. (On Windows Ctrl-C ends it at once.)";

/// The text before the options of `recover`.
#[cfg(unix)]
pub(crate) const RECOVER_DESCRIPTION: &str = "\
kakashi recover - bring what killed programs have left where it belongs

A program that has called `configure().black_box(…)` keeps what it has not
written yet in files of DIR, a directory for each process. If it is killed, they
stay. This command writes their records to the files they were for, or to stdout
or stderr, between two lines of the logger \"kakashi\", which say of which
process they are and how it seems to have ended; then it removes what was left.
A program that is started again with the same DIR does the same by itself.

What a process had begun to write is looked for in its file: a record comes
once. Where that can't be told (a pipe, a file that is gone), the first line
says how many records may stand there twice. A process that still runs is left
alone: its lock says so. It does not matter if this command is killed, or runs
twice at once.";

/// The text after the options of `recover`.
#[cfg(unix)]
pub(crate) const RECOVER_AFTER: &str = "\
Watching (--watch):
  DIR is looked at twice a second; what a process leaves is recovered when it
  has ended. DIR need not exist yet. Ctrl-C or SIGTERM ends it, after what it is
  writing. As a service of systemd:

    [Service]
    User=shop
    ExecStart=/usr/local/bin/kakashi recover --watch /run/shop/blackbox
    Restart=always

Examples:
  kakashi recover /dev/shm/kakashi-1000-shop
          Each record to where it was for.
  kakashi recover --to /var/log/shop/recovered.log /srv/shop/blackbox
          All to one file.
  kakashi recover --watch /run/shop/blackbox
          As a service, for programs that are not started again.

Exit status:
  0  All that was left is where it belongs, or nothing was left.
  1  Something could not be recovered, or was damaged: stderr says what. What
     could not be written stays for the next time.
  2  The command line is wrong.
  130, 143 (as shells say it)
     Ctrl-C (SIGINT) or SIGTERM has ended it.";
