<?php
// Sends the mails that every client of the tests sends, by PHPMailer, and writes down what it built:
// application.php PORT FOLDER [CERTIFICATE]
require '/usr/share/php/libphp-phpmailer/autoload.php';

use PHPMailer\PHPMailer\Exception;
use PHPMailer\PHPMailer\PHPMailer;

[, $port, $folder] = $argv;
$certificate = $argv[3] ?? null;
foreach (['text', 'attachment', 'many', 'bad'] as $kind) {
    $mail = new PHPMailer(true);
    $mail->isSMTP();
    $mail->Host = '127.0.0.1';
    $mail->Port = (int) $port;
    $mail->Hostname = 'client.example.test';
    if ($certificate !== null) {
        $mail->SMTPSecure = PHPMailer::ENCRYPTION_STARTTLS;
        $mail->SMTPOptions = ['ssl' => ['cafile' => $certificate]];
        $mail->SMTPAuth = true;
        $mail->Username = 'jira';
        $mail->Password = 'correct horse';
    } else {
        $mail->SMTPAutoTLS = false;
    }
    $mail->CharSet = PHPMailer::CHARSET_UTF8;
    $mail->Encoding = PHPMailer::ENCODING_8BIT;
    $mail->setFrom('jira@example.com', 'Alice Müller (Jira)');
    // PHPMailer refuses such an address by itself; who switches that off sends what was typed.
    PHPMailer::$validator = fn (string $address): bool => true;
    $count = $kind === 'many' ? 30 : 1;
    $to = $kind === 'bad' ? ['alice@example.com', 'double..dot@example.com', 'bob@example.com']
        : array_map(fn (int $i): string => "user$i@example.com", range(0, $count - 1));
    foreach ($to as $address) {
        $mail->addBCC($address);
    }
    $mail->Subject = '[JIRA] (PROJ-1) Der Drucker brennt – schon wieder';
    $mail->addCustomHeader('X-Kind', $kind);
    $mail->Body = ".\n..two dots\n.hidden\nIssue PROJ-1: Grüße aus dem Keller\n";
    if ($kind === 'attachment') {
        $mail->addStringAttachment(str_repeat("\x07\xff", 25000), 'drucker.png');
    }
    try {
        $mail->send();
        echo "$kind: sent\n";
    } catch (Exception $e) {
        if ($kind !== 'bad') {
            throw $e;
        }
        echo "$kind: told\n";
    }
    // It sends an empty line behind what it built.
    file_put_contents("$folder/$kind.eml", $mail->getSentMIMEMessage() . "\r\n");
}
