# Sends the mails that every client of the tests sends, by the mail gem, as GitLab, Redmine and OpenProject do, and
# writes down what it built: application.rb PORT FOLDER [CERTIFICATE]
require "mail"

port, folder, certificate = ARGV
# Net::SMTP begins TLS wherever it is offered, and verifies unless it is told not to.
settings = { address: "localhost", port: port.to_i, domain: "client.example.test", openssl_verify_mode: "none" }
if certificate
  settings.merge!(enable_starttls: true, openssl_verify_mode: "peer", ca_file: certificate,
                  user_name: "jira", password: "correct horse", authentication: :plain)
end

%w[text attachment many bad].each do |kind|
  mail = Mail.new(charset: "UTF-8")
  mail.from = "Alice Müller (Jira) <jira@example.com>"
  mail.to = "user0@example.com"
  mail.subject = "[JIRA] (PROJ-1) Der Drucker brennt – schon wieder"
  mail.header["X-Kind"] = kind
  mail.body = ".\n..two dots\n.hidden\nIssue PROJ-1: Grüße aus dem Keller\n"
  mail.add_file(filename: "drucker.png", content: "\x07\xFF".b * 25_000) if kind == "attachment"
  mail.smtp_envelope_from = "jira@example.com"
  mail.smtp_envelope_to = if kind == "bad"
                            %w[alice@example.com double..dot@example.com bob@example.com]
                          else
                            Array.new(kind == "many" ? 30 : 1) { |i| "user#{i}@example.com" }
                          end
  mail.delivery_method :smtp, settings
  begin
    mail.deliver!
    puts "#{kind}: sent"
  rescue Net::SMTPSyntaxError
    raise unless kind == "bad"
    puts "#{kind}: refused"
  end
  File.binwrite(File.join(folder, "#{kind}.eml"), mail.encoded.gsub(/\r?\n/, "\r\n"))
end
