<?php
// PHP's own mail(), through msmtp in the place of sendmail: php -d sendmail_path=… mail.php
$headers = ['From' => 'jira@example.com', 'X-Kind' => 'text', 'MIME-Version' => '1.0',
    'Content-Type' => 'text/plain; charset=UTF-8', 'Content-Transfer-Encoding' => '8bit'];
$text = ".\r\n..two dots\r\n.hidden\r\nIssue PROJ-1: Grüße aus dem Keller\r\n";
exit(mail('user0@example.com', 'Der Drucker brennt', $text, $headers) ? 0 : 1);
