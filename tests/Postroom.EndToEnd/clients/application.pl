# Sends the mails that every client of the tests sends, by Perl's Net::SMTP, and writes down what it built:
# application.pl PORT FOLDER
use strict;
use warnings;
use Net::SMTP;

my ($port, $folder) = @ARGV;
my $relay = Net::SMTP->new("127.0.0.1", Port => $port, Hello => "client.example.test", Timeout => 60) or die $@;
for my $kind (qw(text attachment many bad)) {
    my @to = $kind eq "bad" ? qw(alice@example.com double..dot@example.com bob@example.com)
        : map { "user$_\@example.com" } 0 .. ($kind eq "many" ? 29 : 0);
    my $text = ".\r\n..two dots\r\n.hidden\r\nIssue PROJ-1: Gr\xc3\xbc\xc3\x9fe aus dem Keller\r\n";
    $text .= ("7" x 76 . "\r\n") x 700 if $kind eq "attachment";
    my $mail = "From: jira\@example.com\r\nTo: user0\@example.com\r\nSubject: Der Drucker brennt\r\n"
        . "Date: Mon, 23 Nov 2026 09:14:02 +0000\r\nMessage-ID: <$kind\@jira.example.com>\r\nX-Kind: $kind\r\n"
        . "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n$text";
    open(my $file, ">:raw", "$folder/$kind.eml") or die $!;
    print $file $mail;
    close($file) or die $!;
    $relay->mail('jira@example.com', Bits => "8") or die $relay->message;
    my @took = $relay->recipient(@to, { SkipBad => 1 });
    $relay->data($mail) or die $relay->message;
    print "$kind: ", scalar(@took) < scalar(@to) ? "in part" : "sent", "\n";
}
$relay->quit;
